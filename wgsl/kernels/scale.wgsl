// y = SCALE · x  (+ y with ACCUMULATE)
//
// One invocation takes four elements.
// Dispatch: [ceil(QUADS / 64), 1, 1], folded into y.
// Cost: one operation and 2 (3) floats of traffic an element.

const QUADS: u32 = 256u;  // elements / 4, rounded up
const SCALE: f32 = 1.0;
const ACCUMULATE: bool = false;

@group(0) @binding(0) var<storage, read> x: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read_write> y: array<vec4<f32>>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let i = (group.y * groups.x + group.x) * 64u + lane;
    if (i >= QUADS) { return; }
    // @static
    if (ACCUMULATE) {
        y[i] += SCALE * x[i];
    } else {
        y[i] = SCALE * x[i];
    }
}
