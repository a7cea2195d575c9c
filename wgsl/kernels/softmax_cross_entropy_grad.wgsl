// dlogits[n,c] = WEIGHT / N · (softmax(x[n])[c] − [c = label[n]]), 0 for rows whose
// label is CLASSES or more
//
// One invocation takes one row.
// Dispatch: [ceil(N / 64), 1, 1], folded into y.

const N: u32 = 32u;
const CLASSES: u32 = 10u;   // at most 16,384
const WEIGHT: f32 = 1.0;
const ONE: bool = false;    // the label of all rows is LABEL
const LABEL: u32 = 0u;

@group(0) @binding(0) var<storage, read> logits: array<f32>;         // [N, CLASSES]
@group(0) @binding(1) var<storage, read> labels: array<u32>;         // [N]
@group(0) @binding(2) var<storage, read_write> dlogits: array<f32>;  // [N, CLASSES]

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let n = (group.y * groups.x + group.x) * 64u + lane;
    if (n >= N) { return; }
    var label = LABEL;
    // @static
    if (!ONE) { label = labels[n]; }
    let weight = select(0.0, WEIGHT / f32(N), label < CLASSES);
    var best = logits[n * CLASSES];
    for (var c = 1u; c < CLASSES; c++) { best = max(best, logits[n * CLASSES + c]); }
    var sum = 0.0;
    for (var c = 0u; c < CLASSES; c++) { sum += exp(logits[n * CLASSES + c] - best); }
    for (var c = 0u; c < CLASSES; c++) {
        let p = exp(logits[n * CLASSES + c] - best) / sum;
        dlogits[n * CLASSES + c] = weight * (p - select(0.0, 1.0, c == label));
    }
}
