// v[f,c,t] = (Bᵀ d B)[f], where d is the 6 × 6 patch of x that tile t of 4 × 4 outputs
// of a 3 × 3 convolution sees; or, with SIDE 4, (A d Aᵀ)[f] of the tile of 4 × 4
// gradients itself. Both are 36 values, f = 6 row + column: Winograd's F(4×4, 3×3)
// (Lavin and Gray 2016) with the points 0, ±5/8, ±3/2 and ∞, which lose half as much to
// rounding as the usual 0, ±1, ±2. With NORM x is what act((x − mean[c]) · inv_std[c] +
// beta[c]) makes of it, and zero outside all the same. With HALF v is stored as halves,
// multiplied by SCALE.
//
// An invocation transforms four tiles side by side of DEPTH channels; a row of tiles is
// filled up to a multiple of four. Tiles lie as [image][row][column]. A vec4 holds four of
// them, or with DEPTH 4 one of four channels.
// Dispatch: ⌈C / DEPTH · QUADS / 64⌉ workgroups, folded into y.
const N: u32 = 32u;            // images
const C: u32 = 64u;            // a multiple of DEPTH
const DEPTH: u32 = 1u;         // 1 or 4
const IN_H: i32 = 32;
const IN_W: i32 = 32;
const SIDE: i32 = 6;           // of a patch; 4: of a tile of gradients
const UNIT: i32 = 4;           // columns of x a load takes: 4 where rows begin on multiples of 4, or 1
const STRIDE: u32 = 520u;      // vec4 from a channel of v to the next, or from four channels
const NORM: bool = false;
const ACTIVATION: u32 = 0u;    // behind it: 0 none, 1 ReLU, 2 leaky ReLU, 3 tanh
const SLOPE: f32 = 0.2;
const HALF: bool = false;
const SCALE: f32 = 1.0;
const TILES_Y: i32 = (IN_H + 3) / 4;
const QUADS_X: i32 = (IN_W + 15) / 16;
const QUADS: u32 = N * u32(TILES_Y * QUADS_X);
const X_UNIFORM: bool = UNIT == 0;
const GRADIENT: bool = SIDE == 4;
const ROWS: i32 = SIDE;
const COLS: i32 = SIDE + 12;
const ACROSS: i32 = 4 + i32(DEPTH / 4u) * (ROWS * COLS - 4); // from what a component of a vec4 holds to the next
const FIRST_Y: i32 = (4 - SIDE) / 2;
const FIRST_X: i32 = (4 - SIDE) / 2;
const LAST_Y: i32 = (TILES_Y - 1) * 4;
const LAST_X: i32 = (QUADS_X - 1) * 16;

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read> x4: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read_write> v: array<vec4<f32>>; // [36, C / DEPTH, STRIDE]
@group(0) @binding(3) var<storage, read_write> v_half: array<vec2<u32>>;
@group(0) @binding(4) var<storage, read> mean: array<f32>;          // [C], as the two that follow
@group(0) @binding(5) var<storage, read> inv_std: array<f32>;
@group(0) @binding(6) var<storage, read> beta: array<f32>;

// @include activate.wgsl
// @include half.wgsl

@compute @workgroup_size(64)
fn main(@builtin(local_invocation_index) lane: u32, @builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    // @include winograd_quad.wgsl
    let iy = top;
    let ix = left;
    // @include conv_window.wgsl
    // @registers
    var windows: array<f32, DEPTH * ROWS * COLS>;
    // @unroll
    for (var j = 0u; j < DEPTH; j++) {
        let plane = i32((n * C + c + j) * u32(IN_H * IN_W));
        // @registers
        var taps: array<f32, ROWS * COLS>;
        // @include conv_patch.wgsl
        // @static
        if (NORM) {
            let mu = mean[c + j];
            let scale = inv_std[c + j];
            let shift = beta[c + j];
            // @unroll
            for (var i = 0; i < ROWS * COLS; i++) {
                taps[i] = activate((taps[i] - mu) * scale + shift);
            }
        }
        // @include conv_mask.wgsl
        // @unroll
        for (var i = 0; i < ROWS * COLS; i++) {
            windows[j * u32(ROWS * COLS) + u32(i)] = taps[i];
        }
    }

    // @unroll
    for (var tile = 0u; tile < DEPTH; tile++) {
        // Of four tiles or channels at once, in place: first the columns, then the rows.
        // @registers
        var d: array<vec4<f32>, 36>;
        // @unroll
        for (var r = 0; r < SIDE; r++) {
            // @unroll
            for (var k = 0; k < SIDE; k++) {
                // @unroll
                for (var e = 0; e < 4; e++) {
                    d[r * 6 + k][e] = windows[r * COLS + 4 * i32(tile) + k + e * ACROSS];
                }
            }
        }
        // @unroll
        for (var pass = 0; pass < 2; pass++) {
            // @unroll
            for (var k = 0; k < SIDE + pass * (6 - SIDE); k++) {
                let d0 = d[k * (1 + 5 * pass)];
                let d1 = d[(6 - 5 * pass) + k * (1 + 5 * pass)];
                let d2 = d[2 * (6 - 5 * pass) + k * (1 + 5 * pass)];
                let d3 = d[3 * (6 - 5 * pass) + k * (1 + 5 * pass)];
                // @static
                if (GRADIENT) {
                    let even1 = d0 + 0.390625 * d2;
                    let odd1 = 0.625 * d1 + 0.244140625 * d3;
                    let even2 = d0 + 2.25 * d2;
                    let odd2 = 1.5 * d1 + 3.375 * d3;
                    d[(6 - 5 * pass) + k * (1 + 5 * pass)] = even1 + odd1;
                    d[2 * (6 - 5 * pass) + k * (1 + 5 * pass)] = even1 - odd1;
                    d[3 * (6 - 5 * pass) + k * (1 + 5 * pass)] = even2 + odd2;
                    d[4 * (6 - 5 * pass) + k * (1 + 5 * pass)] = even2 - odd2;
                    d[5 * (6 - 5 * pass) + k * (1 + 5 * pass)] = d3;
                } else {
                    let d4 = d[4 * (6 - 5 * pass) + k * (1 + 5 * pass)];
                    let d5 = d[5 * (6 - 5 * pass) + k * (1 + 5 * pass)];
                    let even1 = d4 - 2.25 * d2;
                    let odd1 = 0.625 * (d3 - 2.25 * d1);
                    let even2 = d4 - 0.390625 * d2;
                    let odd2 = 1.5 * (d3 - 0.390625 * d1);
                    d[k * (1 + 5 * pass)] = 0.87890625 * d0 - 2.640625 * d2 + d4;
                    d[(6 - 5 * pass) + k * (1 + 5 * pass)] = even1 + odd1;
                    d[2 * (6 - 5 * pass) + k * (1 + 5 * pass)] = even1 - odd1;
                    d[3 * (6 - 5 * pass) + k * (1 + 5 * pass)] = even2 + odd2;
                    d[4 * (6 - 5 * pass) + k * (1 + 5 * pass)] = even2 - odd2;
                    d[5 * (6 - 5 * pass) + k * (1 + 5 * pass)] = 0.87890625 * d1 - 2.640625 * d3 + d5;
                }
            }
        }
        // @unroll
        for (var f = 0u; f < 36u; f++) {
            let at = (f * (C / DEPTH) + c / DEPTH) * STRIDE + quad * DEPTH + tile;
            // @static
            if (HALF) {
                v_half[at] = pack4(SCALE * d[f]);
            } else {
                v[at] = d[f];
            }
        }
    }
}
