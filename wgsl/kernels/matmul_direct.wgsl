// c[m,n] = act(bias[n] + Σ_k a[m·A_M + k·A_K] · b[k·B_K + n·B_N])
// For processors that pay for divergent loads and barriers (CPU drivers): lanes
// over n, each keeps TILE rows of its COLUMNS; the values of a are shared. The
// strides make any operand a transposed one, and FORM says which of them can be
// read by vec4:
//   0 none   1 both along k   2 a along k, b along n   3 a along m, b along n
// UNIFORM: the rows of a come from a uniform buffer, whose shared loads cost the
// least; a dispatch takes as many as fit one, and the bindings begin there.
//
// Dispatch: [ceil(N / COLUMNS / WORKGROUP), ceil(M / TILE), 1].
const M: u32 = 32u;
const N: u32 = 100u;
const K: u32 = 3072u;
const A_M: u32 = 3072u;
const A_K: u32 = 1u;
const B_K: u32 = 1u;
const B_N: u32 = 3072u;
const FORM: u32 = 0u;
const COLUMNS: u32 = 1u;     // 1 in form 0, any number in form 1, 4 in forms 2 and 3
const UNIFORM: bool = false; // in forms 1 and 2
const A_VEC4: u32 = 1u;      // of the uniform buffer
const TILE: u32 = 16u;       // a multiple of 4 in form 3
const WORKGROUP: u32 = 64u;
const BIAS: bool = false;
const ACTIVATION: u32 = 0u;
const SLOPE: f32 = 0.2;

@group(0) @binding(0) var<storage, read> a: array<f32>;
@group(0) @binding(1) var<storage, read> b: array<f32>;
@group(0) @binding(2) var<storage, read> bias: array<f32>;
@group(0) @binding(3) var<storage, read_write> c: array<f32>;
@group(0) @binding(4) var<storage, read> a4: array<vec4<f32>>;
@group(0) @binding(7) var<uniform> a_uniform: array<vec4<f32>, A_VEC4>;
@group(0) @binding(5) var<storage, read> b4: array<vec4<f32>>;
@group(0) @binding(6) var<storage, read_write> c4: array<vec4<f32>>;

// @include activate.wgsl
// @include activate4.wgsl

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(local_invocation_index) lane: u32, @builtin(workgroup_id) group: vec3<u32>) {
    let column = group.x * WORKGROUP + lane;
    let m0 = group.y * TILE;
    // @static
    if (FORM >= 2u) {
        let n4 = min(column, N / 4u - 1u);
        // @registers
        var acc: array<vec4<f32>, TILE>;
        // @static
        if (FORM == 2u) {
            for (var k = 0u; k < K; k += 4u) {
                let v0 = b4[(k * N) / 4u + n4];
                let v1 = b4[((k + 1u) * N) / 4u + n4];
                let v2 = b4[((k + 2u) * N) / 4u + n4];
                let v3 = b4[((k + 3u) * N) / 4u + n4];
                // @unroll
                for (var r = 0u; r < TILE; r++) {
                    var u: vec4<f32>;
                    // @static
                    if (UNIFORM) {
                        u = a_uniform[(min(m0 + r, M - 1u) * K + k) / 4u];
                    } else {
                        u = a4[(min(m0 + r, M - 1u) * K + k) / 4u];
                    }
                    acc[r] += u.x * v0 + u.y * v1 + u.z * v2 + u.w * v3;
                }
            }
        } else {
            for (var k = 0u; k < K; k++) {
                let v = b4[(k * N) / 4u + n4];
                // @unroll
                for (var r = 0u; r < TILE; r += 4u) {
                    let u = a4[(k * M + min(m0 + r, M - 4u)) / 4u];
                    acc[r] += u.x * v;
                    acc[r + 1u] += u.y * v;
                    acc[r + 2u] += u.z * v;
                    acc[r + 3u] += u.w * v;
                }
            }
        }
        if (column >= N / 4u) {
            return;
        }
        var add = vec4<f32>(0.0);
        // @static
        if (BIAS) {
            add = vec4<f32>(bias[n4 * 4u], bias[n4 * 4u + 1u], bias[n4 * 4u + 2u], bias[n4 * 4u + 3u]);
        }
        // @unroll
        for (var r = 0u; r < TILE; r++) {
            if (m0 + r < M) {
                c4[((m0 + r) * N) / 4u + n4] = activate4(acc[r] + add);
            }
        }
    } else {
        let n0 = column * COLUMNS;
        // @registers
        var acc: array<f32, TILE * COLUMNS>;
        // @static
        if (FORM == 1u) {
            for (var k = 0u; k < K / 4u; k++) {
                // @registers
                var v: array<vec4<f32>, COLUMNS>;
                // @unroll
                for (var j = 0u; j < COLUMNS; j++) {
                    v[j] = b4[min(n0 + j, N - 1u) * (K / 4u) + k];
                }
                // @unroll
                for (var r = 0u; r < TILE; r++) {
                    var u: vec4<f32>;
                    // @static
                    if (UNIFORM) {
                        u = a_uniform[min(m0 + r, M - 1u) * (K / 4u) + k];
                    } else {
                        u = a4[min(m0 + r, M - 1u) * (K / 4u) + k];
                    }
                    // @unroll
                    for (var j = 0u; j < COLUMNS; j++) {
                        acc[r * COLUMNS + j] += dot(u, v[j]);
                    }
                }
            }
        } else {
            for (var k = 0u; k < K; k++) {
                let v = b[k * B_K + min(n0, N - 1u) * B_N];
                // @unroll
                for (var r = 0u; r < TILE; r++) {
                    acc[r] += a[min(m0 + r, M - 1u) * A_M + k * A_K] * v;
                }
            }
        }
        // @unroll
        for (var j = 0u; j < COLUMNS; j++) {
            if (n0 + j < N) {
                var add = 0.0;
                // @static
                if (BIAS) {
                    add = bias[n0 + j];
                }
                // @unroll
                for (var r = 0u; r < TILE; r++) {
                    if (m0 + r < M) {
                        c[(m0 + r) * N + n0 + j] = activate(acc[r * COLUMNS + j] + add);
                    }
                }
            }
        }
    }
}
