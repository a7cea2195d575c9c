// c[m,n] = act(bias[n] + Σ_k a[m·A_M + k·A_K] · b[k·B_K + n·B_N])
// For processors that pay for divergent loads and barriers (CPU drivers): lanes
// over n, each keeps TILE rows of its column; the values of a are shared.
// The strides make any operand a transposed one.
//
// Dispatch: (⌈N / WORKGROUP⌉, ⌈M / TILE⌉, 1).
const M: u32 = 32u;
const N: u32 = 100u;
const K: u32 = 3072u;
const A_M: u32 = 3072u;
const A_K: u32 = 1u;
const B_K: u32 = 1u;
const B_N: u32 = 3072u;
const TILE: u32 = 16u;
const WORKGROUP: u32 = 64u;
const BIAS: bool = false;
const ACTIVATION: u32 = 0u;
const SLOPE: f32 = 0.2;

@group(0) @binding(0) var<storage, read> a: array<f32>;
@group(0) @binding(1) var<storage, read> b: array<f32>;
@group(0) @binding(2) var<storage, read> bias: array<f32>;
@group(0) @binding(3) var<storage, read_write> c: array<f32>;

// @include activate.wgsl

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(local_invocation_index) lane: u32, @builtin(workgroup_id) group: vec3<u32>) {
    let n = group.x * WORKGROUP + lane;
    let column = min(n, N - 1u) * B_N;
    let m0 = group.y * TILE;
    // @registers
    var acc: array<f32, TILE>;
    for (var k = 0u; k < K; k++) {
        let v = b[k * B_K + column];
        // @unroll
        for (var r = 0u; r < TILE; r++) {
            acc[r] += a[min(m0 + r, M - 1u) * A_M + k * A_K] * v;
        }
    }
    if (n >= N) {
        return;
    }
    var add = 0.0;
    // @static
    if (BIAS) {
        add = bias[n];
    }
    // @unroll
    for (var r = 0u; r < TILE; r++) {
        if (m0 + r < M) {
            c[(m0 + r) * N + n] = activate(acc[r] + add);
        }
    }
}
