// dp[n] = −WEIGHT / N · sign(q · p) · q / (1e-4 + 1 − |q · p|)
//
// One invocation takes one row.
// Dispatch: [ceil(N / 64), 1, 1].

const N: u32 = 32u;
const WEIGHT: f32 = 1.0;

@group(0) @binding(0) var<storage, read> p: array<vec4<f32>>;         // [N, 4] predicted
@group(0) @binding(1) var<storage, read> q: array<vec4<f32>>;         // [N, 4] true
@group(0) @binding(2) var<storage, read_write> dp: array<vec4<f32>>;  // [N, 4]

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    let n = id.x;
    if (n >= N) { return; }
    let similarity = dot(p[n], q[n]);
    dp[n] = q[n] * (-WEIGHT / f32(N) * sign(similarity) / (1.0001 - abs(similarity)));
}
