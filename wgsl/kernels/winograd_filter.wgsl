// u[f,b,i,o] = (G w G^T)[f] of the 3 × 3 weights from input channel i to output channel
// BLOCK b + o: Winograd's F(4×4, 3×3), see winograd_input.wgsl. TRANSPOSE swaps the
// channels' roles and turns the taps around: the weights of the data gradient. Output
// channels are filled up with zeros to whole blocks. With HALF u is stored as halves.
//
// An invocation transforms the weights of two output channels side by side.
// Dispatch: ⌈IN_C · BLOCKS · BLOCK / 128⌉ workgroups, folded into y.
const OUT_C: u32 = 64u;         // a multiple of 2
const IN_C: u32 = 64u;
const BLOCK: u32 = 16u;         // a multiple of 2
const BLOCKS: u32 = 4u;
const TRANSPOSE: bool = false;
const HALF: bool = false;
const ITEMS: u32 = IN_C * BLOCKS * BLOCK / 2u;

@group(0) @binding(0) var<storage, read> w: array<f32>;       // [OUT_C, IN_C, 9], transposed [IN_C, OUT_C, 9]
@group(0) @binding(1) var<storage, read_write> u: array<vec2<f32>>; // [36, BLOCKS, IN_C, BLOCK]
@group(0) @binding(2) var<storage, read_write> u_half: array<u32>;

// @include half.wgsl

@compute @workgroup_size(64)
fn main(@builtin(local_invocation_index) lane: u32, @builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let item = (group.y * groups.x + group.x) * 64u + lane;
    if (item >= ITEMS) {
        return;
    }
    let i = item * 2u / BLOCK % IN_C;
    let o = item * 2u / (BLOCK * IN_C) * BLOCK + item * 2u % BLOCK;
    // @registers
    var g: array<vec2<f32>, 36>;
    if (o < OUT_C) {
        // @unroll
        for (var t = 0u; t < 9u; t++) {
            // @static
            if (TRANSPOSE) {
                g[t / 3u * 6u + t % 3u] = vec2<f32>(w[(i * OUT_C + o) * 9u + 8u - t], w[(i * OUT_C + o + 1u) * 9u + 8u - t]);
            } else {
                g[t / 3u * 6u + t % 3u] = vec2<f32>(w[(o * IN_C + i) * 9u + t], w[((o + 1u) * IN_C + i) * 9u + t]);
            }
        }
    }
    // In place: first the columns, then the rows.
    // @unroll
    for (var pass = 0u; pass < 2u; pass++) {
        // @unroll
        for (var k = 0u; k < 3u + 3u * pass; k++) {
            let g0 = g[k * (1u + 5u * pass)];
            let g1 = g[(6u - 5u * pass) + k * (1u + 5u * pass)];
            let g2 = g[2u * (6u - 5u * pass) + k * (1u + 5u * pass)];
            g[k * (1u + 5u * pass)] = g0 / 0.87890625;
            g[(6u - 5u * pass) + k * (1u + 5u * pass)] = -(g0 + 0.390625 * g2 + 0.625 * g1) / 1.45263671875;
            g[2u * (6u - 5u * pass) + k * (1u + 5u * pass)] = -(g0 + 0.390625 * g2 - 0.625 * g1) / 1.45263671875;
            g[3u * (6u - 5u * pass) + k * (1u + 5u * pass)] = (g0 + 2.25 * g2 + 1.5 * g1) / 8.3671875;
            g[4u * (6u - 5u * pass) + k * (1u + 5u * pass)] = (g0 + 2.25 * g2 - 1.5 * g1) / 8.3671875;
            g[5u * (6u - 5u * pass) + k * (1u + 5u * pass)] = g2;
        }
    }
    // @unroll
    for (var f = 0u; f < 36u; f++) {
        // @static
        if (HALF) {
            u_half[f * ITEMS + item] = pack2(g[f]);
        } else {
            u[f * ITEMS + item] = g[f];
        }
    }
}
