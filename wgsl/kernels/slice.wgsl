// y[n] = x[n, FIRST … FIRST + LENGTH): a range of channels
//
// An image of x is SIZE floats; FIRST and LENGTH are floats too. One invocation
// writes four elements: a vec4 where all three are multiples of 4, else four
// gathered.
// Dispatch: [ceil(N · LENGTH / 256), 1, 1], folded into y.
// Cost: 2 floats of traffic an element.

const N: u32 = 32u;
const SIZE: u32 = 4096u;
const FIRST: u32 = 0u;
const LENGTH: u32 = 3072u;
const QUADS: u32 = (N * LENGTH + 3u) / 4u;

@group(0) @binding(0) var<storage, read> x: array<vec4<f32>>;       // [N, SIZE]
@group(0) @binding(1) var<storage, read_write> y: array<vec4<f32>>; // [N, LENGTH]

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let i = (group.y * groups.x + group.x) * 64u + lane;
    if (i >= QUADS) { return; }
    // @static
    if (SIZE % 4u == 0u && FIRST % 4u == 0u && LENGTH % 4u == 0u) {
        y[i] = x[(i * 4u / LENGTH * SIZE + FIRST + i * 4u % LENGTH) / 4u];
    } else {
        var v = vec4<f32>(0.0);
        // @unroll
        for (var j = 0u; j < 4u; j++) {
            let n = min((i * 4u + j) / LENGTH, N - 1u); // the last quad may reach beyond
            let at = n * SIZE + FIRST + (i * 4u + j) % LENGTH;
            v[j] = x[at / 4u][at % 4u];
        }
        y[i] = v;
    }
}
