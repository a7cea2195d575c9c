// da[i] = FACTOR · f'(a − b), with f(d) = d², max(0, d² − MARGIN) or
// max(0, |d| − MARGIN); FACTOR is the loss's weight over the number of elements
//
// One invocation takes four elements.
// Dispatch: [ceil(QUADS / 64), 1, 1], folded into y.
// Cost: 4 operations, 3 floats of traffic an element.

const QUADS: u32 = 24576u;  // elements / 4, rounded up
const FACTOR: f32 = 1.0;
const SQUARED: bool = true; // else absolute
const MARGIN: f32 = 0.0;

@group(0) @binding(0) var<storage, read> a: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read> b: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read_write> da: array<vec4<f32>>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let i = (group.y * groups.x + group.x) * 64u + lane;
    if (i >= QUADS) { return; }
    let d = a[i] - b[i];
    // @static
    if (SQUARED) {
        da[i] = select(vec4<f32>(0.0), 2.0 * FACTOR * d, d * d > vec4<f32>(MARGIN));
    } else {
        da[i] = select(vec4<f32>(0.0), FACTOR * sign(d), abs(d) > vec4<f32>(MARGIN));
    }
}
