// g = grad · CLIP / max(|variable's grad|, CLIP)
// m = BETA1 · m + (1 − BETA1) · g,  v = BETA2 · v + (1 − BETA2) · g²
// param −= rate · m / (√v + EPS)
//
// Adam in TensorFlow's form: the rate has the bias correction in it, and EPS
// stands beside the uncorrected root. Does nothing once health[0] is set. One
// workgroup takes one part.
// Dispatch: [PARTS, 1, 1], folded into y.
// Cost: 15 operations and 7 floats of traffic an element.

const PARTS: u32 = 16u;
const PART: u32 = 1024u;    // vec4 a part at most, a multiple of 64
const STEPS: u32 = PART / 64u;
const CLIP: f32 = 5.0;      // 0 for none
const BETA1: f32 = 0.5;
const BETA2: f32 = 0.999;
const EPS: f32 = 1e-8;
const GAIN1: f32 = 1.0 - BETA1; // here, where it loses no bits
const GAIN2: f32 = 1.0 - BETA2;

// @include optimizer.wgsl
@group(0) @binding(7) var<storage, read_write> v: array<vec4<f32>>;

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
            let g = scale * grads[at];
            let mean = BETA1 * m[at] + GAIN1 * g;
            let square = BETA2 * v[at] + GAIN2 * g * g;
            m[at] = mean;
            v[at] = square;
            params[at] -= step.learning_rate * mean / (sqrt(square) + EPS);
        }
    }
}
