// loss = 1/N · Σ_n (log Σ_c exp(x[n,c]) − x[n, label[n]]), and how many rows have
// their first maximum at the label
//
// A row whose label is CLASSES or more counts as padding: it adds nothing to
// either. One workgroup; each lane takes every 64th row, a tree joins them.
// Dispatch: [1, 1, 1].

const N: u32 = 32u;         // N · CLASSES at most 1,048,576
const CLASSES: u32 = 10u;

@group(0) @binding(0) var<storage, read> logits: array<f32>;         // [N, CLASSES]
@group(0) @binding(1) var<storage, read> labels: array<u32>;         // [N]
@group(0) @binding(2) var<storage, read_write> loss: array<f32>;     // [1]
@group(0) @binding(3) var<storage, read_write> correct: array<f32>;  // [1]

var<workgroup> shared_sums: array<vec2<f32>, 64>;

@compute @workgroup_size(64)
fn main(@builtin(local_invocation_index) lane: u32) {
    var sums = vec2<f32>(0.0);
    for (var n = lane; n < N; n += 64u) {
        let label = labels[n];
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
    shared_sums[lane] = sums;
    workgroupBarrier();
    for (var half = 32u; half > 0u; half = half / 2u) {
        if (lane < half) { shared_sums[lane] += shared_sums[lane + half]; }
        workgroupBarrier();
    }
    if (lane == 0u) {
        loss[0] = shared_sums[0].x / f32(N);
        correct[0] = shared_sums[0].y;
    }
}
