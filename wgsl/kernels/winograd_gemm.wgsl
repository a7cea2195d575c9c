// c[p,f,m,n] = Σ_k a · b, 36 products of matrices, f: the middle of Winograd's convolution
// (winograd_input.wgsl), with m output channels, n tiles and k input channels, and of its
// weight gradient, with m output channels, n input channels and k tiles. Part p sums CHUNK
// of the k.
//
// For GPUs: a workgroup makes TILE_M × TILE_N of a product, staging TILE_K of both factors
// in workgroup memory; an invocation keeps THREAD_M × THREAD_N sums in registers. With HALF
// the factors are stored as halves, and staged as floats.
// Dispatch: (⌈N / TILE_N⌉, ⌈M / TILE_M⌉, PARTS · 36).
const M: u32 = 64u;            // a multiple of 4, as are N and K
const N: u32 = 2048u;
const K: u32 = 64u;
const HALF: bool = false;
const K_MAJOR: bool = true;    // the factors lie as [f, K, row], otherwise as [f, row, K]
const A_STRIDE: u32 = 16u;     // vec4 from a k of a to the next, or from a row
const B_STRIDE: u32 = 516u;
const C_STRIDE: u32 = 516u;    // from a row of c to the next
const CHUNK: u32 = 64u;        // a multiple of TILE_K, if not all
const TILE_M: u32 = 64u;
const TILE_N: u32 = 64u;
const TILE_K: u32 = 16u;
const THREAD_M: u32 = 8u;      // multiples of 4
const THREAD_N: u32 = 8u;
const ROW_A: u32 = TILE_M / 4u; // vec4 of a k of a tile
const ROW_B: u32 = TILE_N / 4u;
const THREADS_M: u32 = TILE_M / THREAD_M;
const THREADS_N: u32 = TILE_N / THREAD_N;
const WORKGROUP: u32 = THREADS_M * THREADS_N;
const VECS_M: u32 = THREAD_M / 4u;
const VECS_N: u32 = THREAD_N / 4u;

@group(0) @binding(0) var<storage, read> a: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read> b: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read> a_half: array<vec2<u32>>;
@group(0) @binding(4) var<storage, read> b_half: array<vec2<u32>>;
@group(0) @binding(2) var<storage, read_write> c: array<vec4<f32>>; // [PARTS, 36, M, C_STRIDE]

// @include half.wgsl

var<workgroup> tile_a: array<vec4<f32>, TILE_K * ROW_A>;
var<workgroup> tile_b: array<vec4<f32>, TILE_K * ROW_B>;

// With K_MAJOR the vec4 at row 4q of one k, otherwise four k of one row; zero outside.
fn load_a(f: u32, row: u32, k: u32, end: u32) -> vec4<f32> {
    var v = vec4<f32>(0.0);
    if (row < M && k < end) {
        let at = select((f * M + row) * A_STRIDE + k / 4u, (f * K + k) * A_STRIDE + row / 4u, K_MAJOR);
        // @static
        if (HALF) { v = unpack4(a_half[at]); } else { v = a[at]; }
    }
    return v;
}

fn load_b(f: u32, row: u32, k: u32, end: u32) -> vec4<f32> {
    var v = vec4<f32>(0.0);
    if (row < N && k < end) {
        let at = select((f * N + row) * B_STRIDE + k / 4u, (f * K + k) * B_STRIDE + row / 4u, K_MAJOR);
        // @static
        if (HALF) { v = unpack4(b_half[at]); } else { v = b[at]; }
    }
    return v;
}

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(local_invocation_index) lane: u32, @builtin(workgroup_id) group: vec3<u32>) {
    let f = group.z % 36u;
    let m0 = group.y * TILE_M;
    let n0 = group.x * TILE_N;
    let tm = lane / THREADS_N;
    let tn = lane % THREADS_N;
    let first = group.z / 36u * CHUNK;
    let end = min(first + CHUNK, K);
    // @registers
    var acc: array<vec4<f32>, THREAD_M * VECS_N>;

    for (var k0 = first; k0 < end; k0 += TILE_K) {
        workgroupBarrier();
        // @static
        if (K_MAJOR) {
            for (var e = lane; e < TILE_K * ROW_A; e += WORKGROUP) {
                tile_a[e] = load_a(f, m0 + e % ROW_A * 4u, k0 + e / ROW_A, end);
            }
            for (var e = lane; e < TILE_K * ROW_B; e += WORKGROUP) {
                tile_b[e] = load_b(f, n0 + e % ROW_B * 4u, k0 + e / ROW_B, end);
            }
        } else {
            // Blocks of 4 × 4, turned around on their way.
            for (var e = lane; e < TILE_K / 4u * ROW_A; e += WORKGROUP) {
                let row = m0 + e / (TILE_K / 4u) * 4u;
                let k = e % (TILE_K / 4u) * 4u;
                let r0 = load_a(f, row, k0 + k, end);
                let r1 = load_a(f, row + 1u, k0 + k, end);
                let r2 = load_a(f, row + 2u, k0 + k, end);
                let r3 = load_a(f, row + 3u, k0 + k, end);
                // @unroll
                for (var j = 0u; j < 4u; j++) {
                    tile_a[(k + j) * ROW_A + e / (TILE_K / 4u)] = vec4<f32>(r0[j], r1[j], r2[j], r3[j]);
                }
            }
            for (var e = lane; e < TILE_K / 4u * ROW_B; e += WORKGROUP) {
                let row = n0 + e / (TILE_K / 4u) * 4u;
                let k = e % (TILE_K / 4u) * 4u;
                let r0 = load_b(f, row, k0 + k, end);
                let r1 = load_b(f, row + 1u, k0 + k, end);
                let r2 = load_b(f, row + 2u, k0 + k, end);
                let r3 = load_b(f, row + 3u, k0 + k, end);
                // @unroll
                for (var j = 0u; j < 4u; j++) {
                    tile_b[(k + j) * ROW_B + e / (TILE_K / 4u)] = vec4<f32>(r0[j], r1[j], r2[j], r3[j]);
                }
            }
        }
        workgroupBarrier();
        for (var k = 0u; k < TILE_K; k++) {
            // @registers
            var row: array<vec4<f32>, VECS_M>;
            // @unroll
            for (var i = 0u; i < VECS_M; i++) {
                row[i] = tile_a[k * ROW_A + i * THREADS_M + tm];
            }
            // @unroll
            for (var j = 0u; j < VECS_N; j++) {
                let column = tile_b[k * ROW_B + j * THREADS_N + tn];
                // @unroll
                for (var i = 0u; i < THREAD_M; i++) {
                    acc[i * VECS_N + j] += row[i / 4u][i % 4u] * column;
                }
            }
        }
    }

    // @unroll
    for (var i = 0u; i < THREAD_M; i++) {
        let m = m0 + (i / 4u * THREADS_M + tm) * 4u + i % 4u;
        // @unroll
        for (var j = 0u; j < VECS_N; j++) {
            let n = n0 / 4u + j * THREADS_N + tn;
            if (m < M && n < N / 4u) {
                c[(group.z * M + m) * C_STRIDE + n] = acc[i * VECS_N + j];
            }
        }
    }
}
