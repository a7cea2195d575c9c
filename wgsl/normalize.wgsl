// y[n] = x[n] / √max(|x[n]|², 1e-12), rows of four: unit quaternions
//
// One invocation takes one row.
// Dispatch: [ceil(N / 64), 1, 1].

const N: u32 = 32u;

@group(0) @binding(0) var<storage, read> x: array<vec4<f32>>;       // [N, 4]
@group(0) @binding(1) var<storage, read_write> y: array<vec4<f32>>; // [N, 4]

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    let n = id.x;
    if (n >= N) { return; }
    y[n] = x[n] / sqrt(max(dot(x[n], x[n]), 1e-12));
}
