// dx = dy · mask / KEEP, the mask drawn again as dropout_noise.wgsl drew it
//
// One invocation takes four elements.
// Dispatch: [ceil(QUADS / 64), 1, 1], folded into y.
// Cost: 30 integer operations and 2 floats of traffic an element.

const QUADS: u32 = 256u;   // elements / 4, rounded up
const STREAM: u32 = 0u;    // that of the forward pass
const KEEP: f32 = 0.9;
const STD: f32 = 0.0;

@group(0) @binding(0) var<storage, read> dy: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read_write> dx: array<vec4<f32>>;

// @include dropout.wgsl

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let i = (group.y * groups.x + group.x) * 64u + lane;
    if (i >= QUADS) { return; }
    dx[i] = dropped(dy[i], i);
}
