// y = x · mask / KEEP + STD · N(0, 1), mask = 1 with probability KEEP, else 0
//
// One invocation takes four elements: one draw for the noise, one for the mask.
// Dispatch: [ceil(QUADS / 64), 1, 1], folded into y.
// Cost: 60 integer operations, a log, a root, a sine and a cosine, and 2 floats
// of traffic an element.

const QUADS: u32 = 256u;   // elements / 4, rounded up
const STREAM: u32 = 0u;    // which place in the program draws
const KEEP: f32 = 0.9;     // 1 for no dropout
const STD: f32 = 0.2;      // 0 for no noise
const INV_KEEP: f32 = 1.0 / KEEP;

// @include step.wgsl
@group(0) @binding(0) var<uniform> step: Step;
@group(0) @binding(1) var<storage, read> x: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read_write> y: array<vec4<f32>>;

// @include random.wgsl

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let i = (group.y * groups.x + group.x) * 64u + lane;
    if (i >= QUADS) { return; }
    var v = x[i];
    // @static
    if (KEEP < 1.0) {
        let u = uniform01(random_bits(step.seed_lo, step.seed_hi, step.index, STREAM, 2u * i));
        v = select(vec4<f32>(0.0), v * INV_KEEP, u < vec4<f32>(KEEP));
    }
    // @static
    if (STD > 0.0) {
        v += STD * normal4(random_bits(step.seed_lo, step.seed_hi, step.index, STREAM, 2u * i + 1u));
    }
    y[i] = v;
}
