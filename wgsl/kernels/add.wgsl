// y = a + b
//
// One invocation takes four elements.
// Dispatch: [ceil(QUADS / 64), 1, 1], folded into y.
// Cost: one add and 3 floats of traffic an element.

const QUADS: u32 = 256u;  // elements / 4, rounded up
const TAIL: u32 = 4u;     // elements of the last four; those behind become 0

@group(0) @binding(0) var<storage, read> a: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read> b: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read_write> y: array<vec4<f32>>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let i = (group.y * groups.x + group.x) * 64u + lane;
    if (i >= QUADS) { return; }
    var sum = a[i] + b[i];
    // @static
    if (TAIL < 4u) {
        if (i == QUADS - 1u) {
            sum = select(vec4<f32>(0.0), sum, vec4<u32>(0u, 1u, 2u, 3u) < vec4<u32>(TAIL));
        }
    }
    y[i] = sum;
}
