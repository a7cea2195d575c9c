// dw[o,i] = Gᵀ (Σ_p s[p,o,i]) G: the gradient of 3 × 3 weights from the products of
// winograd_input.wgsl's transforms, added up over PARTS; with HALF times SCALE, the inverse
// of what multiplied the transformed tensors.
//
// Dispatch: ⌈OUT_C · IN_C / 64⌉ workgroups, folded into y.
const OUT_C: u32 = 64u;
const IN_C: u32 = 64u;
const PARTS: u32 = 1u;
const HALF: bool = false;
const SCALE: f32 = 1.0;
const ITEMS: u32 = OUT_C * IN_C;

@group(0) @binding(0) var<storage, read> s: array<f32>;        // [PARTS, 36, OUT_C, IN_C]
@group(0) @binding(1) var<storage, read_write> dw: array<f32>; // [OUT_C, IN_C, 9]

@compute @workgroup_size(64)
fn main(@builtin(local_invocation_index) lane: u32, @builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let item = (group.y * groups.x + group.x) * 64u + lane;
    if (item >= ITEMS) {
        return;
    }
    // @registers
    var g: array<f32, 36>;
    for (var p = 0u; p < PARTS; p++) {
        // @unroll
        for (var f = 0u; f < 36u; f++) {
            g[f] += s[(p * 36u + f) * ITEMS + item];
        }
    }
    // In place: first the columns, then the rows.
    // @unroll
    for (var pass = 0u; pass < 2u; pass++) {
        // @unroll
        for (var k = 0u; k < 6u - 3u * pass; k++) {
            let plus1 = g[(6u - 5u * pass) + k * (1u + 5u * pass)] + g[2u * (6u - 5u * pass) + k * (1u + 5u * pass)];
            let minus1 = g[(6u - 5u * pass) + k * (1u + 5u * pass)] - g[2u * (6u - 5u * pass) + k * (1u + 5u * pass)];
            let plus2 = g[3u * (6u - 5u * pass) + k * (1u + 5u * pass)] + g[4u * (6u - 5u * pass) + k * (1u + 5u * pass)];
            let minus2 = g[3u * (6u - 5u * pass) + k * (1u + 5u * pass)] - g[4u * (6u - 5u * pass) + k * (1u + 5u * pass)];
            g[k * (1u + 5u * pass)] = g[k * (1u + 5u * pass)] / 0.87890625 - plus1 / 1.45263671875 + plus2 / 8.3671875;
            g[(6u - 5u * pass) + k * (1u + 5u * pass)] = 1.5 / 8.3671875 * minus2 - 0.625 / 1.45263671875 * minus1;
            g[2u * (6u - 5u * pass) + k * (1u + 5u * pass)] = 2.25 / 8.3671875 * plus2 - 0.390625 / 1.45263671875 * plus1 + g[5u * (6u - 5u * pass) + k * (1u + 5u * pass)];
        }
    }
    // @unroll
    for (var t = 0u; t < 9u; t++) {
        // @static
        if (HALF) {
            dw[item * 9u + t] = SCALE * g[t / 3u * 6u + t % 3u];
        } else {
            dw[item * 9u + t] = g[t / 3u * 6u + t % 3u];
        }
    }
}
