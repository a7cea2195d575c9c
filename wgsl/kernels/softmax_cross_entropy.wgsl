// loss = 1/N · Σ_n (log Σ_c exp(x[n,c]) − x[n, label[n]]), and how many rows have
// their first maximum at the label
//
// A row whose label is CLASSES or more counts as padding: it adds nothing to
// either. One workgroup; each lane takes every 64th row.
// Dispatch: [1, 1, 1].

const N: u32 = 32u;         // N · CLASSES at most 1,048,576
const CLASSES: u32 = 10u;
const ONE: bool = false;    // the label of all rows is LABEL
const LABEL: u32 = 0u;

@group(0) @binding(0) var<storage, read> logits: array<f32>;         // [N, CLASSES]
@group(0) @binding(1) var<storage, read> labels: array<u32>;         // [N]
@group(0) @binding(2) var<storage, read_write> loss: array<f32>;     // [1]
@group(0) @binding(3) var<storage, read_write> correct: array<f32>;  // [1]

// @include sum_lanes.wgsl

@compute @workgroup_size(64)
fn main(@builtin(local_invocation_index) lane: u32) {
    var sums = vec2<f32>(0.0);
    for (var n = lane; n < N; n += 64u) {
        var label = LABEL;
        // @static
        if (!ONE) { label = labels[n]; }
        if (label < CLASSES) {
            var best = logits[n * CLASSES];
            var at = 0u;
            for (var c = 1u; c < CLASSES; c++) {
                let v = logits[n * CLASSES + c];
                if (v > best) {
                    best = v;
                    at = c;
                }
            }
            var sum = 0.0;
            for (var c = 0u; c < CLASSES; c++) { sum += exp(logits[n * CLASSES + c] - best); }
            sums += vec2<f32>(log(sum) + (best - logits[n * CLASSES + label]), select(0.0, 1.0, at == label));
        }
    }
    let total = sum_pairs(lane, sums);
    if (lane == 0u) {
        loss[0] = total.x / f32(N);
        correct[0] = total.y;
    }
}
