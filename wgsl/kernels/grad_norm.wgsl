// partials[p] = Σ g² over part p of a network's gradients
//
// The parts cover the variables one after the other; none spans two of them.
// Sets health[0] where a sum is not finite, or so large (2¹⁰⁰ and more) that a
// variable's might not be: a step with such a gradient must not happen, and no
// later one until the host has looked. One workgroup takes one part.
// Dispatch: [PARTS, 1, 1], folded into y.
// Cost: 2 operations and one read an element.

const PARTS: u32 = 16u;
const PART: u32 = 1024u;    // vec4 a part at most, a multiple of 64
const STEPS: u32 = PART / 64u;

@group(0) @binding(0) var<storage, read> parts: array<vec4<u32>>;              // first vec4, count of vec4; first part and count of the variable
@group(0) @binding(1) var<storage, read> grads: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read_write> partials: array<f32>;           // [PARTS]
@group(0) @binding(3) var<storage, read_write> health: array<atomic<u32>>;     // [1]

// @include lane_item.wgsl
// @include sum_lanes.wgsl

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let p = group.y * groups.x + group.x;
    if (p >= PARTS) { return; }
    let part = parts[p];
    var sum = 0.0;
    for (var i = 0u; i < STEPS; i++) {
        let at = lane_item(lane, i);
        if (at < part.y) {
            let g = grads[part.x + at];
            sum += dot(g, g);
        }
    }
    let total = sum_lanes(lane, sum);
    if (lane == 0u) {
        partials[p] = total;
        // By the bits: compilers may take NaN and infinity for absent.
        if ((bitcast<u32>(total) & 0x7fffffffu) >= 0x71800000u) { atomicOr(&health[0], 1u); }
    }
}
