// y = act(bias + residual + Aᵀ m A): each tile of 4 × 4 outputs from its 36 products m, see
// winograd_input.wgsl. An invocation makes four tiles side by side of DEPTH channels. With HALF
// SCALE is the inverse of what multiplied the transformed inputs.
// With MOMENTS also partials[p, c] = mean and Σ(y − mean)² of the 64 · 64 outputs of a
// workgroup, as batch_norm_stats.wgsl finds them; QUADS is then a multiple of 64.
//
// Dispatch: ⌈C / DEPTH · QUADS / 64⌉ workgroups, folded into y.
const N: u32 = 32u;            // images
const C: u32 = 64u;            // a multiple of DEPTH
const DEPTH: u32 = 1u;         // 1 or 4
const OUT_H: i32 = 32;
const OUT_W: i32 = 32;
const STRIDE: u32 = 520u;      // vec4 from a channel of m to the next, or from four channels
const HALF: bool = false;
const SCALE: f32 = 1.0;
const BIAS: bool = false;
const RESIDUAL: bool = false;
const MOMENTS: bool = false;
const ACTIVATION: u32 = 0u;    // 0 none, 1 ReLU, 2 leaky ReLU, 3 tanh
const SLOPE: f32 = 0.2;
const ACROSS: i32 = 4 + i32(DEPTH / 4u) * (OUT_H * OUT_W - 4); // from the outputs of a component of a vec4 to the next's
const TILES_Y: i32 = (OUT_H + 3) / 4;
const QUADS_X: i32 = (OUT_W + 15) / 16;
const QUADS: u32 = N * u32(TILES_Y * QUADS_X);

@group(0) @binding(0) var<storage, read> m: array<vec4<f32>>; // [36, C / DEPTH, STRIDE]
@group(0) @binding(1) var<storage, read> bias: array<f32>;
@group(0) @binding(2) var<storage, read_write> y: array<f32>;
@group(0) @binding(3) var<storage, read_write> y4: array<vec4<f32>>;
@group(0) @binding(5) var<storage, read> residual: array<f32>; // as y
@group(0) @binding(6) var<storage, read> residual4: array<vec4<f32>>;
@group(0) @binding(4) var<storage, read_write> partials: array<vec2<f32>>; // [QUADS / 64, C]

// @include activate4.wgsl
// @include join_lanes.wgsl

@compute @workgroup_size(64)
fn main(@builtin(local_invocation_index) lane: u32, @builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    // @include winograd_quad.wgsl
    var add = vec4<f32>(0.0);
    // @static
    if (BIAS && DEPTH == 4u) {
        add = vec4<f32>(bias[c], bias[c + 1u], bias[c + 2u], bias[c + 3u]);
    } else if (BIAS) {
        add = vec4<f32>(bias[c]);
    }
    // Of the sums for the moments of each channel; the origin is the first outputs.
    // @registers
    var origin: array<vec4<f32>, DEPTH>;
    // @registers
    var sum: array<vec4<f32>, DEPTH>;
    // @registers
    var squares: array<vec4<f32>, DEPTH>;
    let first = i32((n * C + c) * u32(OUT_H * OUT_W)) + top * OUT_W + left;
    // @unroll
    for (var tile = 0u; tile < DEPTH; tile++) {
        // Of four tiles or channels at once, in place: first the columns, then the rows.
        // @registers
        var d: array<vec4<f32>, 36>;
        // @unroll
        for (var f = 0u; f < 36u; f++) {
            d[f] = m[(f * (C / DEPTH) + c / DEPTH) * STRIDE + quad * DEPTH + tile];
        }
        // @unroll
        for (var pass = 0; pass < 2; pass++) {
            // @unroll
            for (var k = 0; k < 6 - 2 * pass; k++) {
                let plus1 = d[(6 - 5 * pass) + k * (1 + 5 * pass)] + d[2 * (6 - 5 * pass) + k * (1 + 5 * pass)];
                let minus1 = d[(6 - 5 * pass) + k * (1 + 5 * pass)] - d[2 * (6 - 5 * pass) + k * (1 + 5 * pass)];
                let plus2 = d[3 * (6 - 5 * pass) + k * (1 + 5 * pass)] + d[4 * (6 - 5 * pass) + k * (1 + 5 * pass)];
                let minus2 = d[3 * (6 - 5 * pass) + k * (1 + 5 * pass)] - d[4 * (6 - 5 * pass) + k * (1 + 5 * pass)];
                d[k * (1 + 5 * pass)] = d[k * (1 + 5 * pass)] + plus1 + plus2;
                d[(6 - 5 * pass) + k * (1 + 5 * pass)] = 0.625 * minus1 + 1.5 * minus2;
                d[2 * (6 - 5 * pass) + k * (1 + 5 * pass)] = 0.390625 * plus1 + 2.25 * plus2;
                d[3 * (6 - 5 * pass) + k * (1 + 5 * pass)] = 0.244140625 * minus1 + 3.375 * minus2 + d[5 * (6 - 5 * pass) + k * (1 + 5 * pass)];
            }
        }
        // @unroll
        for (var r = 0; r < 4; r++) {
            // @unroll
            for (var j = 0; j < 4; j++) {
                var four = vec4<f32>(d[r * 6][j], d[r * 6 + 1][j], d[r * 6 + 2][j], d[r * 6 + 3][j]);
                // @static
                if (HALF) {
                    four *= SCALE;
                }
                four += add[j];
                let at = first + r * OUT_W + j * ACROSS + i32(tile) * 4;
                // @static
                if (RESIDUAL && OUT_W % 4 == 0) {
                    four += residual4[at >> 2u];
                } else if (RESIDUAL) {
                    four += vec4<f32>(residual[at], residual[at + 1], residual[at + 2], residual[at + 3]);
                }
                four = activate4(four);
                // @static
                if (MOMENTS) {
                    // @static
                    if (r == 0 && tile == 0u && (j == 0 || DEPTH == 4u)) {
                        origin[u32(j) % DEPTH] = four;
                    } else {
                        let v = four - origin[u32(j) % DEPTH];
                        sum[u32(j) % DEPTH] += v;
                        squares[u32(j) % DEPTH] += v * v;
                    }
                }
                let column = left + j % (4 / i32(DEPTH)) * 4 + i32(tile) * 4;
                // @static
                if (OUT_W % 16 == 0 && OUT_H % 4 == 0) {
                    y4[at >> 2u] = four;
                } else if (OUT_W % 4 == 0) {
                    if (top + r < OUT_H && column < OUT_W) {
                        y4[at >> 2u] = four;
                    }
                } else {
                    // @unroll
                    for (var k = 0; k < 4; k++) {
                        if (top + r < OUT_H && column + k < OUT_W) {
                            y[at + k] = four[k];
                        }
                    }
                }
            }
        }
    }
    // @static
    if (MOMENTS) {
        // @unroll
        for (var j = 0u; j < DEPTH; j++) {
            // @static
            if (j > 0u) {
                workgroupBarrier();
            }
            let moments = join_lanes(lane, shifted_moments(vec4<f32>(16.0), origin[j], sum[j], squares[j]));
            if (lane == 0u) {
                partials[quad / 64u * C + c + j] = moments.yz;
            }
        }
    }
}
