// y = act((x − mean[c]) · inv_std[c] + beta[c] + residual), then dropout and noise
//
// One invocation takes four elements, which lie in one channel where HW is a
// multiple of 4. With INFERENCE inv_std[c] is 1 / √(variance[c] + EPS).
// Dispatch: [ceil(N · C · HW / 256), 1, 1], folded into y.
// Cost: 4 operations, 2 (3) floats of traffic an element.

const C: u32 = 64u;
const HW: u32 = 1024u;
const QUADS: u32 = 524288u;   // N · C · HW / 4, rounded up
const INFERENCE: bool = false;
const EPS: f32 = 0.001;
const BETA: bool = true;
const RESIDUAL: bool = false;
const ACTIVATION: u32 = 1u;   // 0 none, 1 ReLU, 2 leaky ReLU, 3 tanh
const SLOPE: f32 = 0.2;
const STREAM: u32 = 0u;
const KEEP: f32 = 1.0;        // of the dropout, 1 for none
const STD: f32 = 0.0;         // of the noise, 0 for none

@group(0) @binding(0) var<storage, read> x: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read> mean: array<f32>;        // [C]
@group(0) @binding(2) var<storage, read> inv_std: array<f32>;     // [C], without INFERENCE
@group(0) @binding(3) var<storage, read> beta: array<f32>;        // [C], with BETA
@group(0) @binding(4) var<storage, read> residual: array<vec4<f32>>;
@group(0) @binding(5) var<storage, read_write> y: array<vec4<f32>>;
@group(0) @binding(6) var<storage, read> variance: array<f32>;    // [C], with INFERENCE

// @include activate4.wgsl
// @include dropout.wgsl

fn scale(c: u32) -> f32 {
    var s = 0.0;
    // @static
    if (INFERENCE) { s = 1.0 / sqrt(variance[c] + EPS); } else { s = inv_std[c]; }
    return s;
}

fn offset(c: u32) -> f32 {
    var o = 0.0;
    // @static
    if (BETA) { o = beta[c]; }
    return o;
}

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let i = (group.y * groups.x + group.x) * 64u + lane;
    if (i >= QUADS) { return; }
    var v = x[i];
    // @static
    if (HW % 4u == 0u) {
        let c = i * 4u / HW % C;
        v = (v - mean[c]) * scale(c) + offset(c);
    } else {
        // @unroll
        for (var j = 0u; j < 4u; j++) {
            let c = (i * 4u + j) / HW % C;
            v[j] = (v[j] - mean[c]) * scale(c) + offset(c);
        }
    }
    // @static
    if (RESIDUAL) { v += residual[i]; }
    y[i] = noisy(dropped(activate4(v), i), i);
}
