// dx = inv_std[c] · (g − Σg / M − x̂ · Σ(g · x̂) / M), with
// g = dy · mask / KEEP · act'(y), x̂ = (x − mean[c]) · inv_std[c], y = act(x̂ + beta[c])
// and M = N · HW
//
// One invocation takes four elements, which lie in one channel where HW is a
// multiple of 4.
// Dispatch: [ceil(N · C · HW / 256), 1, 1], folded into y.
// Cost: 7 operations, 3 floats of traffic an element.

const C: u32 = 64u;
const HW: u32 = 1024u;
const QUADS: u32 = 524288u;   // N · C · HW / 4, rounded up
const INV_M: f32 = 3.0517578e-5;
const ACTIVATION: u32 = 1u;   // 0 none, 1 ReLU, 2 leaky ReLU, 3 tanh
const SLOPE: f32 = 0.2;
const STREAM: u32 = 0u;
const KEEP: f32 = 1.0;        // of a dropout behind the activation, 1 for none
const STD: f32 = 0.0;

@group(0) @binding(0) var<storage, read> dy: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read> x: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read> mean: array<f32>;          // [C]
@group(0) @binding(3) var<storage, read> inv_std: array<f32>;       // [C]
@group(0) @binding(4) var<storage, read> beta: array<f32>;          // [C], with an activation
@group(0) @binding(5) var<storage, read> sums: array<vec2<f32>>;    // [C] Σ g, Σ g · x̂
@group(0) @binding(6) var<storage, read_write> dx: array<vec4<f32>>;

// @include activate4.wgsl
// @include dropout.wgsl
// @include batch_norm_output.wgsl

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let i = (group.y * groups.x + group.x) * 64u + lane;
    if (i >= QUADS) { return; }
    var g = dropped(dy[i], i);
    let v = x[i];
    // @static
    if (HW % 4u == 0u) {
        let c = i * 4u / HW % C;
        let s = inv_std[c];
        let sum = sums[c] * INV_M;
        g = activate4_grad(g, normalized(v, c));
        g = s * (g - sum.x - (v - mean[c]) * (s * sum.y));
    } else {
        // @unroll
        for (var j = 0u; j < 4u; j++) {
            let c = (i * 4u + j) / HW % C;
            let s = inv_std[c];
            let sum = sums[c] * INV_M;
            let one = activate4_grad(vec4<f32>(g[j]), normalized(vec4<f32>(v[j]), c)).x;
            g[j] = s * (one - sum.x - (v[j] - mean[c]) * (s * sum.y));
        }
    }
    dx[i] = g;
}
