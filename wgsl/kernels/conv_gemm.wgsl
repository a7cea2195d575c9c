// y[n,o,p·OUT_STEP+PHASE] = act(bias[o] + residual + Σ_i Σ_t x[n,i,p·STRIDE + OFFSET + t] · w[o,i,TAP + t·TAP_STEP])
// An implicit GEMM, Y[m,o] = Σ_k X[m,k] · W[k,o]: m runs over the pixels p of
// all images, k over the taps t and the input channels i, so a row of X is a
// pixel's neighbourhood, gathered as it is needed. A data gradient of stride s is
// s² such products, one for each PHASE of the output's pixels, over every s-th tap.
//
// For GPUs: a workgroup makes TILE_M pixels × TILE_O channels, staging TILE_K
// channels of one tap at a time in workgroup memory; an invocation keeps
// THREAD_M × THREAD_O sums in registers. Neighbouring invocations read
// neighbouring pixels.
//
// Dispatch: (⌈M / TILE_M⌉, ⌈OUT_C / TILE_O⌉, 1).
const N: u32 = 32u;
const IN_C: u32 = 64u;
const IN_H: i32 = 32;
const IN_W: i32 = 32;
const OUT_C: u32 = 64u;
const OUT_H: u32 = 32u;       // of the whole output
const OUT_W: u32 = 32u;
const OUT_STEP: u32 = 1u;
const PHASE_Y: u32 = 0u;
const PHASE_X: u32 = 0u;
const ROWS: u32 = 32u;        // of this phase
const COLS: u32 = 32u;
const STRIDE: i32 = 1;
const OFFSET_Y: i32 = -1;
const OFFSET_X: i32 = -1;
const TAPS_Y: u32 = 3u;       // of this phase
const TAPS_X: u32 = 3u;
const TAP_Y: u32 = 0u;
const TAP_X: u32 = 0u;
const TAP_STEP: u32 = 1u;
const KERNEL_H: u32 = 3u;
const KERNEL_W: u32 = 3u;
const BLOCK: u32 = 64u;       // packed weights: one block of all output channels
const TILE_M: u32 = 64u;
const TILE_O: u32 = 64u;
const TILE_K: u32 = 16u;
const THREAD_M: u32 = 8u;
const THREAD_O: u32 = 8u;     // a multiple of 4
const BIAS: bool = false;
const RESIDUAL: bool = false;
const ACTIVATION: u32 = 0u;   // 0 none, 1 ReLU, 2 leaky ReLU, 3 tanh
const SLOPE: f32 = 0.2;
const M: u32 = N * ROWS * COLS;
const THREADS_M: u32 = TILE_M / THREAD_M;
const THREADS_O: u32 = TILE_O / THREAD_O;
const WORKGROUP: u32 = THREADS_M * THREADS_O;
const VECS: u32 = THREAD_O / 4u;
const TILE_VECS: u32 = TILE_O / 4u;

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(3) var<storage, read> pack: array<vec4<f32>>;
@group(0) @binding(4) var<storage, read> bias: array<f32>;
@group(0) @binding(5) var<storage, read_write> y: array<f32>;
@group(0) @binding(6) var<storage, read> residual: array<f32>; // as y

var<workgroup> tile_x: array<f32, TILE_K * TILE_M>;
var<workgroup> tile_w: array<vec4<f32>, TILE_K * TILE_VECS>;

// @include activate.wgsl

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(local_invocation_index) lane: u32, @builtin(workgroup_id) group: vec3<u32>) {
    let m0 = group.x * TILE_M;
    let o0 = group.y * TILE_O;
    let tm = lane % THREADS_M;
    let to = lane / THREADS_M;
    // @registers
    var acc: array<vec4<f32>, THREAD_M * VECS>;

    for (var tap = 0u; tap < TAPS_Y * TAPS_X; tap++) {
        let ky = tap / max(TAPS_X, 1u);
        let kx = tap % max(TAPS_X, 1u);
        let w_tap = (TAP_Y + ky * TAP_STEP) * KERNEL_W + TAP_X + kx * TAP_STEP;
        for (var i0 = 0u; i0 < IN_C; i0 += TILE_K) {
            workgroupBarrier();
            for (var e = lane; e < TILE_K * TILE_M; e += WORKGROUP) {
                let i = i0 + e / TILE_M;
                let m = m0 + e % TILE_M;
                let iy = i32((m / COLS) % ROWS) * STRIDE + OFFSET_Y + i32(ky);
                let ix = i32(m % COLS) * STRIDE + OFFSET_X + i32(kx);
                var v = 0.0;
                if (m < M && i < IN_C && iy >= 0 && iy < IN_H && ix >= 0 && ix < IN_W) {
                    v = x[((m / (ROWS * COLS)) * IN_C + i) * u32(IN_H * IN_W) + u32(iy * IN_W + ix)];
                }
                tile_x[e] = v;
            }
            for (var e = lane; e < TILE_K * TILE_VECS; e += WORKGROUP) {
                let i = i0 + e / TILE_VECS;
                let o = o0 + (e % TILE_VECS) * 4u;
                var v = vec4<f32>(0.0);
                if (i < IN_C && o < OUT_C) {
                    v = pack[1u + ((i * KERNEL_H * KERNEL_W + w_tap) * BLOCK + o) / 4u];
                }
                tile_w[e] = v;
            }
            workgroupBarrier();
            for (var k = 0u; k < TILE_K; k++) {
                // @registers
                var a: array<f32, THREAD_M>;
                // @unroll
                for (var r = 0u; r < THREAD_M; r++) {
                    a[r] = tile_x[k * TILE_M + r * THREADS_M + tm];
                }
                // @unroll
                for (var j = 0u; j < VECS; j++) {
                    let b = tile_w[k * TILE_VECS + j * THREADS_O + to];
                    // @unroll
                    for (var r = 0u; r < THREAD_M; r++) {
                        acc[r * VECS + j] += a[r] * b;
                    }
                }
            }
        }
    }

    // @unroll
    for (var j = 0u; j < VECS; j++) {
        // @unroll
        for (var c = 0u; c < 4u; c++) {
            let o = o0 + (j * THREADS_O + to) * 4u + c;
            if (o < OUT_C) {
                var b = 0.0;
                // @static
                if (BIAS) {
                    b = bias[o];
                }
                // @unroll
                for (var r = 0u; r < THREAD_M; r++) {
                    let m = m0 + r * THREADS_M + tm;
                    if (m < M) {
                        let py = ((m / COLS) % ROWS) * OUT_STEP + PHASE_Y;
                        let px = (m % COLS) * OUT_STEP + PHASE_X;
                        let at = ((m / (ROWS * COLS)) * OUT_C + o) * (OUT_H * OUT_W) + py * OUT_W + px;
                        var v = acc[r * VECS + j][c] + b;
                        // @static
                        if (RESIDUAL) {
                            v += residual[at];
                        }
                        y[at] = activate(v);
                    }
                }
            }
        }
    }
}
