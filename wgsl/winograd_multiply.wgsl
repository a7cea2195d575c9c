// m[f,o,t] = Σ_i u[f,i,o] v[f,i,t], the products in the middle of Winograd's
// convolution (winograd_input.wgsl), in each of the 36 f.
//
// For CPU drivers: an invocation makes 16 tiles of BLOCK channels; the weights are read at
// addresses that all share. Four input channels are summed up before the sums, more than
// there are registers, are touched.
// Dispatch: (⌈LANES / WORKGROUP⌉, blocks of output channels, f).
const IN_C: u32 = 64u;         // a multiple of 4
const OUT_C: u32 = 64u;
const BLOCK: u32 = 16u;        // a multiple of 8
const BLOCKS: u32 = 4u;
const HALF: bool = false;      // v and u are stored as halves
const STRIDE: u32 = 520u;      // vec4 of tiles from a channel of v and m to the next, a multiple of 4, with HALF of 8
const LANES: u32 = 128u;       // groups of 16 tiles
const WORKGROUP: u32 = 64u;

@group(0) @binding(0) var<storage, read> v: array<vec4<f32>>;      // [f, IN_C, STRIDE]
@group(0) @binding(1) var<storage, read> u: array<vec4<f32>>;      // [f, BLOCKS, IN_C, BLOCK]
@group(0) @binding(3) var<storage, read> v_half: array<vec4<u32>>;
@group(0) @binding(4) var<storage, read> u_half: array<vec4<u32>>;
@group(0) @binding(2) var<storage, read_write> m: array<vec4<f32>>; // [f, OUT_C, STRIDE]

// @include half.wgsl

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(local_invocation_index) lane: u32, @builtin(workgroup_id) group: vec3<u32>) {
    let t = min(group.x * WORKGROUP + lane, LANES - 1u) * 4u;
    let f = group.z;
    let weights = (f * BLOCKS + group.y) * IN_C * (BLOCK / 4u);
    // @registers
    var acc: array<vec4<f32>, BLOCK * 4u>;
    for (var i = 0u; i < IN_C; i += 4u) {
        // @registers
        var d: array<vec4<f32>, 16>;
        // @unroll
        for (var k = 0u; k < 4u; k++) {
            // @unroll
            for (var q = 0u; q < 4u; q += 2u) {
                // @static
                if (HALF) {
                    let eight = v_half[((f * IN_C + i + k) * STRIDE + t + q) / 2u];
                    d[k * 4u + q] = unpack4(eight.xy);
                    d[k * 4u + q + 1u] = unpack4(eight.zw);
                } else {
                    d[k * 4u + q] = v[(f * IN_C + i + k) * STRIDE + t + q];
                    d[k * 4u + q + 1u] = v[(f * IN_C + i + k) * STRIDE + t + q + 1u];
                }
            }
        }
        let at = weights + i * (BLOCK / 4u);
        // @unroll
        for (var o = 0u; o < BLOCK; o += 8u) {
            // @registers
            var w: array<vec4<f32>, 8>; // of four input channels, then of the same for four other output channels
            // @unroll
            for (var k = 0u; k < 4u; k++) {
                // @static
                if (HALF) {
                    let eight = u_half[at / 2u + (k * BLOCK + o) / 8u];
                    w[k] = unpack4(eight.xy);
                    w[4u + k] = unpack4(eight.zw);
                } else {
                    w[k] = u[at + (k * BLOCK + o) / 4u];
                    w[4u + k] = u[at + (k * BLOCK + o) / 4u + 1u];
                }
            }
            // @unroll
            for (var c = 0u; c < 8u; c++) {
                // @unroll
                for (var q = 0u; q < 4u; q++) {
                    acc[(o + c) * 4u + q] = acc[(o + c) * 4u + q] + w[c / 4u * 4u][c % 4u] * d[q] + w[c / 4u * 4u + 1u][c % 4u] * d[4u + q] + w[c / 4u * 4u + 2u][c % 4u] * d[8u + q] + w[c / 4u * 4u + 3u][c % 4u] * d[12u + q];
                }
            }
        }
    }
    // @unroll
    for (var o = 0u; o < BLOCK; o++) {
        if (group.y * BLOCK + o < OUT_C) {
            // @unroll
            for (var q = 0u; q < 4u; q++) {
                m[(f * OUT_C + group.y * BLOCK + o) * STRIDE + t + q] = acc[o * 4u + q];
            }
        }
    }
}
