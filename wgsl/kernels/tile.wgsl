// y[n, c] = x[n] for c in 0 … C: one channel repeated
//
// One invocation writes four elements: a vec4 where HW is a multiple of 4, else
// four gathered.
// Dispatch: [ceil(N · C · HW / 256), 1, 1], folded into y.
// Cost: 1 + 1/C floats of traffic an element.

const N: u32 = 32u;
const C: u32 = 3u;
const HW: u32 = 1024u;
const QUADS: u32 = (N * C * HW + 3u) / 4u;

@group(0) @binding(0) var<storage, read> x: array<vec4<f32>>;       // [N, HW]
@group(0) @binding(1) var<storage, read_write> y: array<vec4<f32>>; // [N, C, HW]

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let i = (group.y * groups.x + group.x) * 64u + lane;
    if (i >= QUADS) { return; }
    // @static
    if (HW % 4u == 0u) {
        y[i] = x[(i * 4u / (C * HW) * HW + i * 4u % HW) / 4u];
    } else {
        var v = vec4<f32>(0.0);
        // @unroll
        for (var j = 0u; j < 4u; j++) {
            let n = min((i * 4u + j) / (C * HW), N - 1u); // the last quad may reach beyond
            let at = n * HW + (i * 4u + j) % HW;
            v[j] = x[at / 4u][at % 4u];
        }
        y[i] = v;
    }
}
