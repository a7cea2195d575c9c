// dx[n] = (dy − y (y · dy)) / |x|, rows of four; where |x|² < 1e-12 the length is
// held at 1e-6, so dx = dy / 1e-6
//
// One invocation takes one row.
// Dispatch: [ceil(N / 64), 1, 1].

const N: u32 = 32u;

@group(0) @binding(0) var<storage, read> dy: array<vec4<f32>>;       // [N, 4]
@group(0) @binding(1) var<storage, read> x: array<vec4<f32>>;        // [N, 4]
@group(0) @binding(2) var<storage, read_write> dx: array<vec4<f32>>; // [N, 4]

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    let n = id.x;
    if (n >= N) { return; }
    let square = dot(x[n], x[n]);
    var g = dy[n];
    if (square > 1e-12) { g = g - x[n] * (dot(x[n], g) / square); }
    dx[n] = g / sqrt(max(square, 1e-12));
}
