// g = grad · CLIP / max(|variable's grad|, CLIP)
// m = MOMENTUM · m + g,  param −= rate · m
//
// Stochastic gradient descent with momentum. Gradients are clipped by the norm of
// their variable, whose partial sums grad_norm.wgsl has left. Does nothing once
// health[0] is set. One workgroup takes one part.
// Dispatch: [PARTS, 1, 1], folded into y.
// Cost: 5 operations and 5 floats of traffic an element.

const PARTS: u32 = 16u;
const PART: u32 = 1024u;    // vec4 a part at most, a multiple of 64
const STEPS: u32 = PART / 64u;
const CLIP: f32 = 5.0;      // 0 for none
const MOMENTUM: f32 = 0.9;

// @include step.wgsl
@group(0) @binding(0) var<uniform> step: Step;
@group(0) @binding(1) var<storage, read> parts: array<vec4<u32>>;   // first vec4, count of vec4; first part and count of the variable
@group(0) @binding(2) var<storage, read> partials: array<f32>;      // [PARTS]
@group(0) @binding(3) var<storage, read> health: array<u32>;        // [1]
@group(0) @binding(4) var<storage, read> grads: array<vec4<f32>>;
@group(0) @binding(5) var<storage, read_write> params: array<vec4<f32>>;
@group(0) @binding(6) var<storage, read_write> m: array<vec4<f32>>;

var<workgroup> shared_norm: f32;

// @include lane_item.wgsl
// @include sum_lanes.wgsl

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let p = group.y * groups.x + group.x;
    if (p >= PARTS) { return; }
    let part = parts[p];
    var scale = 1.0;
    // @static
    if (CLIP > 0.0) {
        var sum = 0.0;
        for (var i = lane; i < part.w; i += 64u) { sum += partials[part.z + i]; }
        let total = sum_lanes(lane, sum);
        if (lane == 0u) { shared_norm = sqrt(total); }
        workgroupBarrier();
        scale = CLIP / max(shared_norm, CLIP);
    }
    if (health[0] != 0u) { return; }
    for (var i = 0u; i < STEPS; i++) {
        let item = lane_item(lane, i);
        if (item < part.y) {
            let at = part.x + item;
            let mean = MOMENTUM * m[at] + scale * grads[at];
            m[at] = mean;
            params[at] -= step.learning_rate * mean;
        }
    }
}
