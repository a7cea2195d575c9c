// y[n] = a[n] followed by b[n]: concatenation of channels
//
// An image of a is A floats, one of b is B. One invocation writes four
// elements: a vec4 where A and B are multiples of 4, else four gathered.
// Dispatch: [ceil(N · (A + B) / 256), 1, 1], folded into y.
// Cost: 2 floats of traffic an element.

const N: u32 = 32u;
const A: u32 = 3072u;
const B: u32 = 1024u;
const QUADS: u32 = (N * (A + B) + 3u) / 4u;

@group(0) @binding(0) var<storage, read> a: array<vec4<f32>>;       // [N, A]
@group(0) @binding(1) var<storage, read> b: array<vec4<f32>>;       // [N, B]
@group(0) @binding(2) var<storage, read_write> y: array<vec4<f32>>; // [N, A + B]

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let i = (group.y * groups.x + group.x) * 64u + lane;
    if (i >= QUADS) { return; }
    var v = vec4<f32>(0.0);
    // @static
    if (A % 4u == 0u && B % 4u == 0u) {
        let n = i * 4u / (A + B);
        let at = i * 4u % (A + B);
        if (at < A) { v = a[(n * A + at) / 4u]; } else { v = b[(n * B + at - A) / 4u]; }
    } else {
        // @unroll
        for (var j = 0u; j < 4u; j++) {
            let n = min((i * 4u + j) / (A + B), N - 1u); // the last quad may reach beyond
            let at = (i * 4u + j) % (A + B);
            if (at < A) {
                let from_a = n * A + at;
                v[j] = a[from_a / 4u][from_a % 4u];
            } else {
                let from_b = n * B + at - A;
                v[j] = b[from_b / 4u][from_b % 4u];
            }
        }
    }
    y[i] = v;
}
