// dw[o,i,t] = Σ_n Σ_p dy[n,o,p] · x[n,i,p · STRIDE + t − PAD], as SPLITS partial sums
// An implicit GEMM, DW[o,j] = Σ_m DY[m,o] · X[m,j]: m runs over the pixels of all
// images, j over input channels and taps, so a row of X is a pixel's
// neighbourhood. m is cut into SPLITS ranges to fill the machine; their sums are
// added afterwards in a fixed order.
//
// For GPUs: a workgroup makes TILE_O × TILE_J sums, staging TILE_K pixels at a time.
// Partial sums lie as [split][o][i][t].
// Dispatch: (⌈OUT_C / TILE_O⌉, ⌈IN_C · TAPS / TILE_J⌉, SPLITS).
const N: u32 = 32u;
const IN_C: u32 = 64u;
const IN_H: i32 = 32;
const IN_W: i32 = 32;
const OUT_C: u32 = 64u;
const OUT_H: u32 = 32u;
const OUT_W: u32 = 32u;
const KERNEL_H: u32 = 3u;
const KERNEL_W: u32 = 3u;
const STRIDE: i32 = 1;
const PAD_Y: i32 = 1;
const PAD_X: i32 = 1;
const TILE_O: u32 = 64u;
const TILE_J: u32 = 64u;
const TILE_K: u32 = 16u;
const THREAD_O: u32 = 8u;
const THREAD_J: u32 = 8u;
const SPLITS: u32 = 32u;
const TAPS: u32 = KERNEL_H * KERNEL_W;
const J: u32 = IN_C * TAPS;
const PIXELS: u32 = OUT_H * OUT_W;
const M: u32 = N * PIXELS;
const CHUNK: u32 = (M + SPLITS - 1u) / SPLITS;
const THREADS_O: u32 = TILE_O / THREAD_O;
const THREADS_J: u32 = TILE_J / THREAD_J;
const WORKGROUP: u32 = THREADS_O * THREADS_J;

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read> dy: array<f32>;
@group(0) @binding(2) var<storage, read_write> partials: array<f32>;

var<workgroup> tile_dy: array<f32, TILE_K * (TILE_O + 1u)>;
var<workgroup> tile_x: array<f32, TILE_K * (TILE_J + 1u)>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(local_invocation_index) lane: u32, @builtin(workgroup_id) group: vec3<u32>) {
    let o0 = group.x * TILE_O;
    let j0 = group.y * TILE_J;
    let to = lane / THREADS_J;
    let tj = lane % THREADS_J;
    let end = min((group.z + 1u) * CHUNK, M);
    // @registers
    var acc: array<f32, THREAD_O * THREAD_J>;

    for (var m0 = group.z * CHUNK; m0 < end; m0 += TILE_K) {
        workgroupBarrier();
        // Consecutive invocations take consecutive pixels; the odd row length keeps
        // their stores apart in the banks of workgroup memory.
        for (var e = lane; e < TILE_K * TILE_O; e += WORKGROUP) {
            let k = e % TILE_K;
            let m = m0 + k;
            let o = o0 + e / TILE_K;
            var v = 0.0;
            if (m < end && o < OUT_C) {
                v = dy[((m / PIXELS) * OUT_C + o) * PIXELS + m % PIXELS];
            }
            tile_dy[k * (TILE_O + 1u) + e / TILE_K] = v;
        }
        for (var e = lane; e < TILE_K * TILE_J; e += WORKGROUP) {
            let k = e % TILE_K;
            let m = m0 + k;
            let j = j0 + e / TILE_K;
            let t = j % TAPS;
            let iy = i32((m % PIXELS) / OUT_W) * STRIDE + i32(t / KERNEL_W) - PAD_Y;
            let ix = i32(m % OUT_W) * STRIDE + i32(t % KERNEL_W) - PAD_X;
            var v = 0.0;
            if (m < end && j < J && iy >= 0 && iy < IN_H && ix >= 0 && ix < IN_W) {
                v = x[((m / PIXELS) * IN_C + j / TAPS) * u32(IN_H * IN_W) + u32(iy * IN_W + ix)];
            }
            tile_x[k * (TILE_J + 1u) + e / TILE_K] = v;
        }
        workgroupBarrier();
        for (var k = 0u; k < TILE_K; k++) {
            // @registers
            var a: array<f32, THREAD_O>;
            // @unroll
            for (var r = 0u; r < THREAD_O; r++) {
                a[r] = tile_dy[k * (TILE_O + 1u) + r * THREADS_O + to];
            }
            // @unroll
            for (var c = 0u; c < THREAD_J; c++) {
                let b = tile_x[k * (TILE_J + 1u) + c * THREADS_J + tj];
                // @unroll
                for (var r = 0u; r < THREAD_O; r++) {
                    acc[r * THREAD_J + c] += a[r] * b;
                }
            }
        }
    }

    // @unroll
    for (var r = 0u; r < THREAD_O; r++) {
        let o = o0 + r * THREADS_O + to;
        // @unroll
        for (var c = 0u; c < THREAD_J; c++) {
            let j = j0 + c * THREADS_J + tj;
            if (o < OUT_C && j < J) {
                partials[(group.z * OUT_C + o) * J + j] = acc[r * THREAD_J + c];
            }
        }
    }
}
