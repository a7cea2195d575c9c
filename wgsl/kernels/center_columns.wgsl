// y[n, c] = x[n, c] − mean of column c, over N rows
//
// Its own gradient too: the projection is symmetric. Neighbouring invocations take
// neighbouring columns, and each walks down its own twice.
// Dispatch: [ceil(C / 64), 1, 1], folded into y.
// Cost: 2 operations, 3 floats of traffic an element.

const N: u32 = 32u;
const C: u32 = 100u;

@group(0) @binding(0) var<storage, read> x: array<f32>;        // [N, C]
@group(0) @binding(1) var<storage, read_write> y: array<f32>;  // [N, C]

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let c = (group.y * groups.x + group.x) * 64u + lane;
    if (c >= C) { return; }
    let k = x[c]; // sums about the first row keep their last bits
    var sum = 0.0;
    for (var n = 1u; n < N; n++) { sum += x[n * C + c] - k; }
    let mean = k + sum / f32(N);
    for (var n = 0u; n < N; n++) { y[n * C + c] = x[n * C + c] - mean; }
}
