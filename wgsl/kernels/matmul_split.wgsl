// c[m,n] = act(bias[n] + Σ_k a[m·A_M + k·A_K] · b[k·B_K + n·B_N])
// For GPUs and the small products of classifier heads: a workgroup makes
// TILE × TILE values, its invocations share out k, and a tree in workgroup memory
// adds their sums in a fixed order.
//
// Dispatch: (⌈N / TILE⌉, ⌈M / TILE⌉, 1).
const M: u32 = 32u;
const N: u32 = 100u;
const K: u32 = 3072u;
const A_M: u32 = 3072u;
const A_K: u32 = 1u;
const B_K: u32 = 1u;
const B_N: u32 = 3072u;
const TILE: u32 = 4u;
const WORKGROUP: u32 = 64u;  // a power of two
const BIAS: bool = false;
const ACTIVATION: u32 = 0u;
const SLOPE: f32 = 0.2;
const SUMS: u32 = TILE * TILE;

@group(0) @binding(0) var<storage, read> a: array<f32>;
@group(0) @binding(1) var<storage, read> b: array<f32>;
@group(0) @binding(2) var<storage, read> bias: array<f32>;
@group(0) @binding(3) var<storage, read_write> c: array<f32>;

var<workgroup> sums: array<f32, WORKGROUP * SUMS>;

// @include activate.wgsl

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(local_invocation_index) lane: u32, @builtin(workgroup_id) group: vec3<u32>) {
    let n0 = group.x * TILE;
    let m0 = group.y * TILE;
    // @registers
    var acc: array<f32, SUMS>;
    for (var k = lane; k < K; k += WORKGROUP) {
        // @registers
        var v: array<f32, TILE>;
        // @unroll
        for (var j = 0u; j < TILE; j++) {
            v[j] = b[k * B_K + min(n0 + j, N - 1u) * B_N];
        }
        // @unroll
        for (var r = 0u; r < TILE; r++) {
            let u = a[min(m0 + r, M - 1u) * A_M + k * A_K];
            // @unroll
            for (var j = 0u; j < TILE; j++) {
                acc[r * TILE + j] += u * v[j];
            }
        }
    }
    // @unroll
    for (var s = 0u; s < SUMS; s++) {
        sums[s * WORKGROUP + lane] = acc[s];
    }
    workgroupBarrier();
    for (var half = WORKGROUP / 2u; half > 0u; half /= 2u) {
        for (var e = lane; e < SUMS * half; e += WORKGROUP) {
            let at = (e / half) * WORKGROUP + e % half;
            sums[at] += sums[at + half];
        }
        workgroupBarrier();
    }
    if (lane < SUMS) {
        let m = m0 + lane / TILE;
        let n = n0 + lane % TILE;
        if (m < M && n < N) {
            var add = 0.0;
            // @static
            if (BIAS) {
                add = bias[n];
            }
            c[m * N + n] = activate(sums[lane * WORKGROUP] + add);
        }
    }
}
