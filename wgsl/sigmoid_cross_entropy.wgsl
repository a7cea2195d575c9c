// loss = 1/COUNT · Σ max(x, 0) − x · TARGET + log(1 + exp(−|x|))
//
// The binary cross-entropy of logits x against one target for all, in the form
// that no logit overflows. One workgroup; lanes joined by a tree.
// Dispatch: [1, 1, 1].

const COUNT: u32 = 32u;     // at most 262,144
const TARGET: f32 = 1.0;    // 0 … 1

@group(0) @binding(0) var<storage, read> logits: array<f32>;      // [COUNT]
@group(0) @binding(1) var<storage, read_write> loss: array<f32>;  // [1]

var<workgroup> shared_sums: array<f32, 64>;

@compute @workgroup_size(64)
fn main(@builtin(local_invocation_index) lane: u32) {
    var sum = 0.0;
    for (var i = lane; i < COUNT; i += 64u) {
        let v = logits[i];
        sum += max(v, 0.0) - v * TARGET + log(1.0 + exp(-abs(v)));
    }
    shared_sums[lane] = sum;
    workgroupBarrier();
    for (var half = 32u; half > 0u; half = half / 2u) {
        if (lane < half) { shared_sums[lane] += shared_sums[lane + half]; }
        workgroupBarrier();
    }
    if (lane == 0u) { loss[0] = shared_sums[0] / f32(COUNT); }
}
