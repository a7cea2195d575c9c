// df[i] = −2 · WEIGHT · Σ_j weights[i, j] · (f[i] − f[j]), 0 where the loss is held at
// its floor
//
// weights are those of mmd_pairs.wgsl. One invocation takes one element.
// Dispatch: [ceil(ROWS · D / 64), 1, 1], folded into y.
// Cost: 3 operations a pair and feature.

const ROWS: u32 = 64u;
const D: u32 = 100u;
const FLOOR: f32 = 1e-4;
const WEIGHT: f32 = 1.0;

@group(0) @binding(0) var<storage, read> f: array<f32>;         // [ROWS, D]
@group(0) @binding(1) var<storage, read> weights: array<f32>;   // [ROWS, ROWS]
@group(0) @binding(2) var<storage, read> loss: array<f32>;      // [1]
@group(0) @binding(3) var<storage, read_write> df: array<f32>;  // [ROWS, D]

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let at = (group.y * groups.x + group.x) * 64u + lane;
    if (at >= ROWS * D) { return; }
    let i = at / D;
    let c = at % D;
    var sum = 0.0;
    for (var j = 0u; j < ROWS; j++) { sum += weights[i * ROWS + j] * (f[at] - f[j * D + c]); }
    df[at] = select(0.0, -2.0 * WEIGHT * sum, loss[0] > FLOOR);
}
