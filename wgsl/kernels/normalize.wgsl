// y[n] = x[n] / √max(|x[n]|², 1e-12), rows of C
//
// TensorFlow's l2_normalize. One workgroup takes one row.
// Dispatch: [N, 1, 1], folded into y.
// Cost: 3 operations, 3 floats of traffic an element.

const N: u32 = 32u;
const C: u32 = 100u;

@group(0) @binding(0) var<storage, read> x: array<f32>;        // [N, C]
@group(0) @binding(1) var<storage, read_write> y: array<f32>;  // [N, C]

var<workgroup> shared_length: f32;

// @include sum_lanes.wgsl

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let n = group.y * groups.x + group.x;
    if (n >= N) { return; }
    var square = 0.0;
    for (var c = lane; c < C; c += 64u) { square += x[n * C + c] * x[n * C + c]; }
    let total = sum_lanes(lane, square);
    if (lane == 0u) { shared_length = sqrt(max(total, 1e-12)); }
    workgroupBarrier();
    for (var c = lane; c < C; c += 64u) { y[n * C + c] = x[n * C + c] / shared_length; }
}
