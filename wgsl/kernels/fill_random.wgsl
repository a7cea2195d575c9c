// y[i] = SCALE · U(−1, 1), or with NORMAL SCALE · N(0, 1)
//
// One invocation draws four elements.
// Dispatch: [ceil(QUADS / 64), 1, 1], folded into y.
// Cost: 30 integer operations, for normals a log, a root, a sine and a cosine
// too, and one write an element.

const QUADS: u32 = 256u;    // elements / 4, rounded up
const STREAM: u32 = 0u;     // which place in the program draws
const NORMAL: bool = false;
const SCALE: f32 = 1.0;

// @include step.wgsl
@group(0) @binding(0) var<uniform> step: Step;
@group(0) @binding(1) var<storage, read_write> y: array<vec4<f32>>;

// @include random.wgsl

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let i = (group.y * groups.x + group.x) * 64u + lane;
    if (i >= QUADS) { return; }
    let bits = random_bits(step.seed_lo, step.seed_hi, step.index, STREAM, i);
    // @static
    if (NORMAL) {
        y[i] = SCALE * normal4(bits);
    } else {
        y[i] = SCALE * uniform11(bits);
    }
}
