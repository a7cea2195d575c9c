// mean[c], inv_std[c] = 1 / √(var + EPS), joined from the parts' moments; with
// UPDATE running = DECAY · running + (1 − DECAY) · batch. The variance is the
// biased one throughout.
// One invocation takes one channel.
// Dispatch: [ceil(C / 64), 1, 1].

const C: u32 = 64u;
const PARTS: u32 = 8u;
const PART: u32 = 4096u;      // elements of a part
const TOTAL: u32 = 32768u;    // elements of a channel: the last part may be short
const EPS: f32 = 0.001;
const DECAY: f32 = 0.9;
const UPDATE: bool = true;
const GAIN: f32 = 1.0 - DECAY;

@group(0) @binding(0) var<storage, read> partials: array<vec2<f32>>;        // [PARTS, C]
@group(0) @binding(1) var<storage, read_write> mean: array<f32>;            // [C]
@group(0) @binding(2) var<storage, read_write> inv_std: array<f32>;         // [C]
@group(0) @binding(3) var<storage, read_write> running_mean: array<f32>;    // [C]
@group(0) @binding(4) var<storage, read_write> running_var: array<f32>;     // [C]

// @include moments.wgsl

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    let c = id.x;
    if (c >= C) { return; }
    var m = vec3<f32>(0.0);
    for (var p = 0u; p < PARTS; p++) {
        m = join_moments(m, vec3<f32>(f32(min(PART, TOTAL - p * PART)), partials[p * C + c]));
    }
    let variance = m.z / f32(TOTAL);
    mean[c] = m.y;
    inv_std[c] = 1.0 / sqrt(variance + EPS);
    // @static
    if (UPDATE) {
        running_mean[c] = DECAY * running_mean[c] + GAIN * m.y;
        running_var[c] = DECAY * running_var[c] + GAIN * variance;
    }
}
