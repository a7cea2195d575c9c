// dx = dy · act'(y) as in activation_grad.wgsl, and partials[p, c] = Σ dx over part p of
// channel c of [N, C, HW]: the gradient of a bias on the way
//
// Parts as in batch_norm_stats.wgsl: one workgroup each, lanes added up by sum_lanes.wgsl.
// Dispatch: [C, parts, 1].
// Cost: a few operations and 3 floats of traffic an element.

const C: u32 = 64u;
const HW: u32 = 1024u;
const UNITS: u32 = 8192u;     // N · HW / 4, of planes that are a multiple of 4
const CHUNK: u32 = 1024u;     // units a workgroup, a multiple of 64
const PLANE: u32 = HW / 4u;
const STEPS: u32 = CHUNK / 64u;
const ACTIVATION: u32 = 1u;   // 0 none, 1 ReLU, 2 leaky ReLU, 3 tanh
const SLOPE: f32 = 0.2;
const STREAM: u32 = 0u;
const KEEP: f32 = 1.0;
const STD: f32 = 0.0;

@group(0) @binding(0) var<storage, read> dy: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read> y: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read_write> dx: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read_write> partials: array<f32>; // [parts, C]

// @include activate4.wgsl
// @include dropout.wgsl
// @include lane_item.wgsl
// @include sum_lanes.wgsl

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let c = group.x;
    let first = group.y * CHUNK;
    let end = min(first + CHUNK, UNITS);
    var sum = vec4<f32>(0.0);
    for (var i = 0u; i < STEPS; i++) {
        let u = first + lane_item(lane, i);
        if (u < end) {
            let at = (u / PLANE * C + c) * PLANE + u % PLANE;
            let g = activate4_grad(dropped(dy[at], at), y[at]);
            dx[at] = g;
            sum += g;
        }
    }
    let total = sum_lanes(lane, dot(sum, vec4<f32>(1.0)));
    if (lane == 0u) { partials[group.y * C + c] = total; }
}
