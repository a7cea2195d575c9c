// partials[p, c] = (Σ g, Σ g · x̂) over part p of channel c of [N, C, HW], with
// g = dy · mask / KEEP · act'(y), x̂ = (x − mean[c]) · inv_std[c] and y = act(x̂ + beta[c])
//
// Parts as in batch_norm_stats.wgsl: one workgroup each, lanes added up by sum_lanes.wgsl.
// Dispatch: [C, parts, 1].
// Cost: 5 operations and 2 reads an element.

const C: u32 = 64u;
const HW: u32 = 1024u;
const UNITS: u32 = 8192u;     // N · HW / WIDTH
const WIDTH: u32 = 4u;        // 4 where HW is a multiple of 4, else 1
const CHUNK: u32 = 1024u;     // units a workgroup, a multiple of 64
const PLANE: u32 = HW / WIDTH;
const STEPS: u32 = CHUNK / 64u;
const ACTIVATION: u32 = 1u;   // 0 none, 1 ReLU, 2 leaky ReLU, 3 tanh
const SLOPE: f32 = 0.2;
const STREAM: u32 = 0u;
const KEEP: f32 = 1.0;        // of a dropout behind the activation, 1 for none
const STD: f32 = 0.0;

@group(0) @binding(0) var<storage, read> dy: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read> x: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read> mean: array<f32>;                 // [C]
@group(0) @binding(3) var<storage, read> inv_std: array<f32>;              // [C]
@group(0) @binding(4) var<storage, read> beta: array<f32>;                 // [C], with an activation
@group(0) @binding(5) var<storage, read_write> partials: array<vec2<f32>>; // [parts, C]

// @include activate4.wgsl
// @include dropout.wgsl
// @include batch_norm_output.wgsl
// @include lane_item.wgsl
// @include sum_lanes.wgsl

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let c = group.x;
    let first = group.y * CHUNK;
    let end = min(first + CHUNK, UNITS);
    let m = mean[c];
    var sum_g = vec4<f32>(0.0);
    var sum_gx = vec4<f32>(0.0);
    for (var i = 0u; i < STEPS; i++) {
        let u = first + lane_item(lane, i);
        if (u < end) {
            let at = (u / PLANE * C + c) * PLANE + u % PLANE;
            var g = vec4<f32>(0.0);
            var v = vec4<f32>(0.0);
            // @static
            if (WIDTH == 4u) {
                g = dropped(dy[at], at);
                v = x[at];
            } else {
                g.x = dropped(dy[at / 4u], at / 4u)[at % 4u];
                v.x = x[at / 4u][at % 4u];
            }
            g = activate4_grad(g, normalized(v, c));
            sum_g += g;
            sum_gx += g * (v - m);
        }
    }
    let one = vec4<f32>(1.0);
    let total = sum_pairs(lane, vec2<f32>(dot(sum_g, one), dot(sum_gx, one)));
    if (lane == 0u) { partials[group.y * C + c] = total * vec2<f32>(1.0, inv_std[c]); }
}
