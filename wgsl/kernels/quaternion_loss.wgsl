// loss = 1/N · Σ_n log(1e-4 + 1 − |q[n] · p[n]|), of unit quaternions
//
// One workgroup; lanes added up by sum_lanes.wgsl.
// Dispatch: [1, 1, 1].

const N: u32 = 32u;         // at most 262,144

@group(0) @binding(0) var<storage, read> p: array<vec4<f32>>;     // [N, 4] predicted
@group(0) @binding(1) var<storage, read> q: array<vec4<f32>>;     // [N, 4] true
@group(0) @binding(2) var<storage, read_write> loss: array<f32>;  // [1]

// @include sum_lanes.wgsl

@compute @workgroup_size(64)
fn main(@builtin(local_invocation_index) lane: u32) {
    var sum = 0.0;
    for (var n = lane; n < N; n += 64u) { sum += log(1.0001 - abs(dot(p[n], q[n]))); }
    let total = sum_lanes(lane, sum);
    if (lane == 0u) { loss[0] = total / f32(N); }
}
