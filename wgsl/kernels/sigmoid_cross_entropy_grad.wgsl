// dlogits[i] = WEIGHT / COUNT · (sigmoid(x) − TARGET)
//
// With e = exp(−|x|) the sigmoid is 1 / (1 + e) or e / (1 + e); joined with the
// target over one denominator nothing cancels for targets 0 and 1.
// Dispatch: [ceil(COUNT / 64), 1, 1], folded into y.

const COUNT: u32 = 32u;
const TARGET: f32 = 1.0;    // 0 … 1
const WEIGHT: f32 = 1.0;

@group(0) @binding(0) var<storage, read> logits: array<f32>;         // [COUNT]
@group(0) @binding(1) var<storage, read_write> dlogits: array<f32>;  // [COUNT]

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let i = (group.y * groups.x + group.x) * 64u + lane;
    if (i >= COUNT) { return; }
    let v = logits[i];
    let e = exp(-abs(v));
    let above = select((1.0 - TARGET) * e - TARGET, (1.0 - TARGET) - TARGET * e, v >= 0.0);
    dlogits[i] = WEIGHT / f32(COUNT) * above / (1.0 + e);
}
