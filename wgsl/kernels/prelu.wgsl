// y = max(x, 0) + slope · min(x, 0)
//
// One invocation takes four elements.
// Dispatch: [ceil(QUADS / 64), 1, 1], folded into y.
// Cost: 3 operations and 2 floats of traffic an element.

const QUADS: u32 = 256u;  // elements / 4, rounded up

@group(0) @binding(0) var<storage, read> x: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read> slope: array<f32>;         // [1]
@group(0) @binding(2) var<storage, read_write> y: array<vec4<f32>>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let i = (group.y * groups.x + group.x) * 64u + lane;
    if (i >= QUADS) { return; }
    let zero = vec4<f32>(0.0);
    y[i] = max(x[i], zero) + slope[0] * min(x[i], zero);
}
