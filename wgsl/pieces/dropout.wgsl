// Dropout and noise of four elements at once, drawn for quad number i of a tensor and
// chosen by the including kernel's constants KEEP (1 for no dropout), STD (0 for no
// noise) and STREAM, which place in the program draws. The gradient draws the mask again.
const INV_KEEP: f32 = 1.0 / KEEP;

// @include step.wgsl
@group(0) @binding(9) var<uniform> step: Step;

// @include random.wgsl

// v · mask / KEEP, mask = 1 with probability KEEP, else 0.
fn dropped(v: vec4<f32>, i: u32) -> vec4<f32> {
    var r = v;
    // @static
    if (KEEP < 1.0) {
        let u = uniform01(random_bits(step.seed_lo, step.seed_hi, step.index, STREAM, 2u * i));
        r = select(vec4<f32>(0.0), v * INV_KEEP, u < vec4<f32>(KEEP));
    }
    return r;
}

// v + STD · N(0, 1).
fn noisy(v: vec4<f32>, i: u32) -> vec4<f32> {
    var r = v;
    // @static
    if (STD > 0.0) {
        r += STD * normal4(random_bits(step.seed_lo, step.seed_hi, step.index, STREAM, 2u * i + 1u));
    }
    return r;
}
