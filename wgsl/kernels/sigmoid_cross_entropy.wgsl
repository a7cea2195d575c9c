// loss = 1/COUNT · Σ max(x, 0) − x · TARGET + log(1 + exp(−|x|))
//
// The binary cross-entropy of logits x against one target for all, in the form
// that no logit overflows. One workgroup; lanes added up by sum_lanes.wgsl.
// Dispatch: [1, 1, 1].

const COUNT: u32 = 32u;     // at most 262,144
const TARGET: f32 = 1.0;    // 0 … 1

@group(0) @binding(0) var<storage, read> logits: array<f32>;      // [COUNT]
@group(0) @binding(1) var<storage, read_write> loss: array<f32>;  // [1]

// @include sum_lanes.wgsl

@compute @workgroup_size(64)
fn main(@builtin(local_invocation_index) lane: u32) {
    var sum = 0.0;
    for (var i = lane; i < COUNT; i += 64u) {
        let v = logits[i];
        sum += max(v, 0.0) - v * TARGET + log(1.0 + exp(-abs(v)));
    }
    let total = sum_lanes(lane, sum);
    if (lane == 0u) { loss[0] = total / f32(COUNT); }
}
