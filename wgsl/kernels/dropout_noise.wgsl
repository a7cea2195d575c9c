// y = x · mask / KEEP + STD · N(0, 1), mask = 1 with probability KEEP, else 0
//
// One invocation takes four elements: one draw for the noise, one for the mask.
// Dispatch: [ceil(QUADS / 64), 1, 1], folded into y.
// Cost: 60 integer operations, a log, a root, a sine and a cosine, and 2 floats
// of traffic an element.

const QUADS: u32 = 256u;   // elements / 4, rounded up
const STREAM: u32 = 0u;
const KEEP: f32 = 0.9;
const STD: f32 = 0.2;

@group(0) @binding(0) var<storage, read> x: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read_write> y: array<vec4<f32>>;

// @include dropout.wgsl

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let i = (group.y * groups.x + group.x) * 64u + lane;
    if (i >= QUADS) { return; }
    y[i] = noisy(dropped(x[i], i), i);
}
