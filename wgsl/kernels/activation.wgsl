// y = act(x)
//
// One invocation takes four elements.
// Dispatch: [ceil(QUADS / 64), 1, 1], folded into y.
// Cost: a few operations and 2 floats of traffic an element.

const QUADS: u32 = 256u;      // elements / 4, rounded up
const ACTIVATION: u32 = 1u;   // 0 none, 1 ReLU, 2 leaky ReLU, 3 tanh, 4 sigmoid
const SLOPE: f32 = 0.2;       // of the leaky ReLU

@group(0) @binding(0) var<storage, read> x: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read_write> y: array<vec4<f32>>;

// @include activate4.wgsl

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let i = (group.y * groups.x + group.x) * 64u + lane;
    if (i >= QUADS) { return; }
    y[i] = activate4(x[i]);
}
