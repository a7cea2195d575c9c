// What the optimisers have in common: what they bind, and how they clip the gradient of a
// variable by its norm, whose partial sums grad_norm.wgsl has left, as the including
// kernel's constant CLIP says (0 for not at all). Once in a kernel.
// @include step.wgsl
@group(0) @binding(0) var<uniform> step: Step;
@group(0) @binding(1) var<storage, read> parts: array<vec4<u32>>;   // first vec4, count of vec4; first part and count of the variable
@group(0) @binding(2) var<storage, read> partials: array<f32>;      // [PARTS]
@group(0) @binding(3) var<storage, read> health: array<u32>;        // [1]
@group(0) @binding(4) var<storage, read> grads: array<vec4<f32>>;
@group(0) @binding(5) var<storage, read_write> params: array<vec4<f32>>;
@group(0) @binding(6) var<storage, read_write> m: array<vec4<f32>>;

var<workgroup> shared_norm: f32;

// @include sum_lanes.wgsl

// CLIP / max(norm, CLIP) of the variable that a part belongs to.
fn clipping(lane: u32, part: vec4<u32>) -> f32 {
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
    return scale;
}
