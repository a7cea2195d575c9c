// partials[0, c] = (Σ g, Σ g · x̂) over the N rows of feature c of [N, C], with
// g = dy · act'(y) and x̂ = (x − mean[c]) · inv_std[c]
//
// One invocation walks down one column.
// Dispatch: [ceil(C / 64), 1, 1].
// Cost: 5 operations, 3 reads (2 without activation) an element.

const N: u32 = 32u;           // at most 4,096
const C: u32 = 1024u;
const ACTIVATION: u32 = 1u;   // 0 none, 1 ReLU, 2 leaky ReLU, 3 tanh
const SLOPE: f32 = 0.2;

@group(0) @binding(0) var<storage, read> dy: array<f32>;                   // [N, C]
@group(0) @binding(1) var<storage, read> x: array<f32>;                    // [N, C]
@group(0) @binding(2) var<storage, read> y: array<f32>;                    // [N, C]
@group(0) @binding(3) var<storage, read> mean: array<f32>;                 // [C]
@group(0) @binding(4) var<storage, read> inv_std: array<f32>;              // [C]
@group(0) @binding(5) var<storage, read_write> partials: array<vec2<f32>>; // [1, C]

// @include activate4.wgsl

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    let c = id.x;
    if (c >= C) { return; }
    let m = mean[c];
    var sum_g = 0.0;
    var sum_gx = 0.0;
    for (var n = 0u; n < N; n++) {
        let at = n * C + c;
        var out = 0.0;
        // @static
        if (ACTIVATION != 0u) { out = y[at]; }
        let g = activate4_grad(vec4<f32>(dy[at]), vec4<f32>(out)).x;
        sum_g += g;
        sum_gx += g * (x[at] - m);
    }
    partials[c] = vec2<f32>(sum_g, sum_gx * inv_std[c]);
}
