// For rows i and j of features f, N of each of two domains, with d = |f[i] − f[j]|²
// and s = 1/N² within a domain, −1/N² across:
//
// weights[i, j] = s · Σ_σ exp(−d / 2σ) / σ,  partials[i] = Σ_j s · Σ_σ (exp(−d / 2σ) − 1)
//
// The partials add up to MMD²: the ones, which cancel because the s do, are left out
// so that the wide kernels' sums keep their last bits. One workgroup takes one row.
// Dispatch: [2N, 1, 1], folded into y.
// Cost: 3D + 190 operations a pair.

const N: u32 = 32u;   // rows of a domain
const D: u32 = 100u;  // features
const S: f32 = 0.0009765625; // 1/N²

@group(0) @binding(0) var<storage, read> f: array<f32>;               // [2N, D], one domain after the other
@group(0) @binding(1) var<storage, read_write> weights: array<f32>;   // [2N, 2N]
@group(0) @binding(2) var<storage, read_write> partials: array<f32>;  // [2N]

// @include sum_lanes.wgsl

// One kernel less 1, and over σ; inverse is 1/σ.
fn rbf(d: f32, inverse: f32) -> vec2<f32> {
    let t = -0.5 * d * inverse;
    let e = exp(t);
    let near = t * (1.0 + t / 2.0 * (1.0 + t / 3.0 * (1.0 + t / 4.0 * (1.0 + t / 5.0)))); // without cancellation
    return vec2<f32>(select(e - 1.0, near, t > -0.1), e * inverse);
}

// The sum of the original's 19 kernels.
fn kernels(d: f32) -> vec2<f32> {
    var sum = rbf(d, 1e6) + rbf(d, 1e5) + rbf(d, 1e4) + rbf(d, 1e3) + rbf(d, 1e2) + rbf(d, 1e1) + rbf(d, 1.0);
    sum += rbf(d, 0.2) + rbf(d, 0.1) + rbf(d, 0.06666666666666667) + rbf(d, 0.05) + rbf(d, 0.04) + rbf(d, 0.03333333333333333);
    sum += rbf(d, 0.02857142857142857) + rbf(d, 1e-2) + rbf(d, 1e-3) + rbf(d, 1e-4) + rbf(d, 1e-5) + rbf(d, 1e-6);
    return sum;
}

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let i = group.y * groups.x + group.x;
    if (i >= 2u * N) { return; }
    var sum = 0.0;
    for (var j = lane; j < 2u * N; j += 64u) {
        var d = 0.0;
        for (var c = 0u; c < D; c++) {
            let v = f[i * D + c] - f[j * D + c];
            d += v * v;
        }
        let k = kernels(d) * select(-S, S, (i < N) == (j < N));
        sum += k.x;
        weights[i * 2u * N + j] = k.y;
    }
    let total = sum_lanes(lane, sum);
    if (lane == 0u) { partials[i] = total; }
}
