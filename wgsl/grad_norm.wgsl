// partials[p] = Σ g² over part p of a network's gradients
//
// The parts cover the variables one after the other; none spans two of them.
// Sets health[0] where a sum is not finite, or so large (2¹⁰⁰ and more) that a
// variable's might not be: a step with such a gradient must not happen, and no
// later one until the host has looked. One workgroup takes one part.
// Dispatch: [PARTS, 1, 1], folded into y.
// Cost: 2 operations and one read an element.

const PARTS: u32 = 16u;

@group(0) @binding(0) var<storage, read> parts: array<vec4<u32>>;              // first vec4, count of vec4; first part and count of the variable
@group(0) @binding(1) var<storage, read> grads: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read_write> partials: array<f32>;           // [PARTS]
@group(0) @binding(3) var<storage, read_write> health: array<atomic<u32>>;     // [1]

var<workgroup> shared_sums: array<f32, 256>;

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let p = group.y * groups.x + group.x;
    if (p >= PARTS) { return; }
    let part = parts[p];
    var sum = 0.0;
    for (var i = lane; i < part.y; i += 256u) {
        let g = grads[part.x + i];
        sum += dot(g, g);
    }
    shared_sums[lane] = sum;
    workgroupBarrier();
    for (var half = 128u; half > 0u; half = half / 2u) {
        if (lane < half) { shared_sums[lane] += shared_sums[lane + half]; }
        workgroupBarrier();
    }
    if (lane == 0u) {
        partials[p] = shared_sums[0];
        // By the bits: compilers may take NaN and infinity for absent.
        if ((bitcast<u32>(shared_sums[0]) & 0x7fffffffu) >= 0x71800000u) { atomicOr(&health[0], 1u); }
    }
}
