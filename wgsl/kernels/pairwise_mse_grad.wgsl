// da[n,i] = SCALE · 2 / K · (d − mean[n]) with d = a − b and K = C · HW, or with
// MASKED 0 wherever channel 3 of b, the depth, is FAR or more
//
// One invocation takes four elements: a vec4 where HW is a multiple of 4, else
// four gathered.
// Dispatch: [ceil(N · K / 256), 1, 1], folded into y.
// Cost: 3 operations, 3 floats of traffic an element.

const N: u32 = 32u;
const C: u32 = 3u;          // 4 with MASKED
const HW: u32 = 1024u;
const MASKED: bool = false;
const FAR: f32 = 0.99;
const SCALE: f32 = 2.0;
const K: u32 = C * HW;
const QUADS: u32 = (N * K + 3u) / 4u;
const FACTOR: f32 = SCALE * 2.0 / f32(K);

@group(0) @binding(0) var<storage, read> a: array<vec4<f32>>;        // [N, C, HW]
@group(0) @binding(1) var<storage, read> b: array<vec4<f32>>;        // [N, C, HW]
@group(0) @binding(2) var<storage, read> mean: array<f32>;           // [N]
@group(0) @binding(3) var<storage, read_write> da: array<vec4<f32>>; // [N, C, HW]

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let i = (group.y * groups.x + group.x) * 64u + lane;
    if (i >= QUADS) { return; }
    var g = a[i] - b[i];
    // @static
    if (HW % 4u == 0u) {
        let n = i * 4u / K;
        g = FACTOR * (g - mean[n]);
        // @static
        if (MASKED) { g = select(vec4<f32>(0.0), g, b[(n * K + 3u * HW + i * 4u % HW) / 4u] < vec4<f32>(FAR)); }
    } else {
        // @unroll
        for (var j = 0u; j < 4u; j++) {
            let n = min((i * 4u + j) / K, N - 1u); // the last quad may reach beyond
            g[j] = FACTOR * (g[j] - mean[n]);
            // @static
            if (MASKED) {
                let depth = n * K + 3u * HW + (i * 4u + j) % HW;
                g[j] = select(0.0, g[j], b[depth / 4u][depth % 4u] < FAR);
            }
        }
    }
    da[i] = g;
}
