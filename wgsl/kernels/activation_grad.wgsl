// dx = dy · act'(y), from the output y: its sign is that of x, and tanh'(x) = 1 − y²,
// sigmoid'(x) = y (1 − y).
// With KEEP < 1, dy is the gradient behind a dropout of y, whose mask is drawn again.
//
// One invocation takes four elements.
// Dispatch: [ceil(QUADS / 64), 1, 1], folded into y.
// Cost: a few operations and 3 floats of traffic an element.

const QUADS: u32 = 256u;      // elements / 4, rounded up
const ACTIVATION: u32 = 1u;   // 0 none, 1 ReLU, 2 leaky ReLU, 3 tanh, 4 sigmoid
const SLOPE: f32 = 0.2;       // of the leaky ReLU
const STREAM: u32 = 0u;
const KEEP: f32 = 1.0;
const STD: f32 = 0.0;

@group(0) @binding(0) var<storage, read> dy: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read> y: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read_write> dx: array<vec4<f32>>;

// @include activate4.wgsl
// @include dropout.wgsl

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let i = (group.y * groups.x + group.x) * 64u + lane;
    if (i >= QUADS) { return; }
    dx[i] = activate4_grad(dropped(dy[i], i), y[i]);
}
