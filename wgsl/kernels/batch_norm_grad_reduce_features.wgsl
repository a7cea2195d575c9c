// partials[0, c] = (Σ g, Σ g · x̂) over the N rows of feature c of [N, C], with
// g = dy · mask / KEEP · act'(y), x̂ = (x − mean[c]) · inv_std[c] and y = act(x̂ + beta[c])
//
// One invocation walks down one column.
// Dispatch: [ceil(C / 64), 1, 1].
// Cost: 5 operations and 2 reads an element.

const N: u32 = 32u;           // at most 4,096
const C: u32 = 1024u;
const ACTIVATION: u32 = 1u;   // 0 none, 1 ReLU, 2 leaky ReLU, 3 tanh
const SLOPE: f32 = 0.2;
const STREAM: u32 = 0u;
const KEEP: f32 = 1.0;        // of a dropout behind the activation, 1 for none
const STD: f32 = 0.0;

@group(0) @binding(0) var<storage, read> dy: array<f32>;                   // [N, C]
@group(0) @binding(1) var<storage, read> x: array<f32>;                    // [N, C]
@group(0) @binding(2) var<storage, read> mean: array<f32>;                 // [C]
@group(0) @binding(3) var<storage, read> inv_std: array<f32>;              // [C]
@group(0) @binding(4) var<storage, read> beta: array<f32>;                 // [C], with an activation
@group(0) @binding(5) var<storage, read_write> partials: array<vec2<f32>>; // [1, C]

// @include activate4.wgsl
// @include dropout.wgsl
// @include batch_norm_output.wgsl

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    let c = id.x;
    if (c >= C) { return; }
    let m = mean[c];
    var sum_g = 0.0;
    var sum_gx = 0.0;
    for (var n = 0u; n < N; n++) {
        let at = n * C + c;
        let v = x[at];
        let g = activate4_grad(dropped(vec4<f32>(dy[at]), at / 4u), normalized(vec4<f32>(v), c))[at % 4u];
        sum_g += g;
        sum_gx += g * (v - m);
    }
    partials[c] = vec2<f32>(sum_g, sum_gx * inv_std[c]);
}
