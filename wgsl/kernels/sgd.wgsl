// g = grad · CLIP / max(|variable's grad|, CLIP)
// m = MOMENTUM · m + g,  param −= rate · m
//
// Stochastic gradient descent with momentum. Does nothing once health[0] is set. One
// workgroup takes one part.
// Dispatch: [PARTS, 1, 1], folded into y.
// Cost: 5 operations and 5 floats of traffic an element.

const PARTS: u32 = 16u;
const PART: u32 = 1024u;    // vec4 a part at most, a multiple of 64
const STEPS: u32 = PART / 64u;
const CLIP: f32 = 5.0;      // 0 for none
const MOMENTUM: f32 = 0.9;

// @include optimizer.wgsl

// @include lane_item.wgsl

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let p = group.y * groups.x + group.x;
    if (p >= PARTS) { return; }
    let part = parts[p];
    let scale = clipping(lane, part);
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
