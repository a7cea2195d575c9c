// y[n,o,p] = act(bias[o] + Σ_i Σ_t x[n,i,(p · STRIDE + t − PAD) / DILATE] · w[o,i,t])
// where the quotient is whole and inside x. STRIDE > 1 is the strided forward
// pass, DILATE > 1 (the input's dilation) the data gradient of one.
//
// For processors that pay for divergent loads and barriers (CPU drivers): an
// invocation keeps a patch of TILE_Y × TILE_X outputs of BLOCK channels in
// registers; every weight is read at an address all invocations share, from a
// uniform buffer where a block of packed weights fits one. No workgroup memory,
// no divergent branch in the loop.
//
// Dispatch: (patches / WORKGROUP, weights in storage ? blocks : 1, 1).
const N: u32 = 32u;          // images
const IN_C: u32 = 64u;
const IN_H: i32 = 32;
const IN_W: i32 = 32;
const OUT_C: u32 = 64u;
const OUT_H: i32 = 32;
const OUT_W: i32 = 32;
const KERNEL_H: i32 = 3;
const KERNEL_W: i32 = 3;
const STRIDE: i32 = 1;
const DILATE: i32 = 1;
const PAD_Y: i32 = 1;        // before the first row
const PAD_X: i32 = 1;
const TILE_Y: i32 = 2;       // a multiple of DILATE, as is TILE_X
const TILE_X: i32 = 4;
const BLOCK: u32 = 16u;      // output channels, a multiple of 4
const BLOCK_VEC4: u32 = 2320u;
const UNIFORM: bool = true;  // weights come from a uniform buffer
const VECTOR: bool = true;   // x is read by vec4 (STRIDE 1, DILATE 1, IN_W a multiple of 4, TILE_X 4)
const BIAS: bool = false;
const ACTIVATION: u32 = 0u;  // 0 none, 1 ReLU, 2 leaky ReLU, 3 tanh
const SLOPE: f32 = 0.2;
const WORKGROUP: u32 = 64u;
const TILES_X: i32 = (OUT_W + TILE_X - 1) / TILE_X;
const TILES_Y: i32 = (OUT_H + TILE_Y - 1) / TILE_Y;
const TILES: u32 = N * u32(TILES_X * TILES_Y);
const VECS: u32 = BLOCK / 4u;
// The rows and columns of x a patch needs, relative to its origin's.
const FIRST_Y: i32 = 0 - PAD_Y / DILATE;
const FIRST_X: i32 = 0 - PAD_X / DILATE;
const ROWS: i32 = ((TILE_Y - 1) * STRIDE + KERNEL_H - 1 - PAD_Y + DILATE * 16) / DILATE - 16 - FIRST_Y + 1;
const COLS: i32 = ((TILE_X - 1) * STRIDE + KERNEL_W - 1 - PAD_X + DILATE * 16) / DILATE - 16 - FIRST_X + 1;
const LAST_Y: i32 = (TILES_Y - 1) * TILE_Y * STRIDE / DILATE;
const LAST_X: i32 = (TILES_X - 1) * TILE_X * STRIDE / DILATE;

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read> x4: array<vec4<f32>>;
@group(0) @binding(2) var<uniform> pack_uniform: array<vec4<f32>, BLOCK_VEC4>;
@group(0) @binding(3) var<storage, read> pack: array<vec4<f32>>;
@group(0) @binding(4) var<storage, read> bias: array<f32>;
@group(0) @binding(5) var<storage, read_write> y: array<f32>;
@group(0) @binding(6) var<storage, read_write> y4: array<vec4<f32>>;

// @include activate.wgsl

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(local_invocation_index) lane: u32, @builtin(workgroup_id) group: vec3<u32>) {
    let tile = min(group.x * WORKGROUP + lane, TILES - 1u);
    let n = tile / u32(TILES_X * TILES_Y);
    let ty = i32((tile / u32(TILES_X)) % u32(TILES_Y)) * TILE_Y;
    let tx = i32(tile % u32(TILES_X)) * TILE_X;
    let iy = ty * STRIDE / DILATE + FIRST_Y;
    let ix = tx * STRIDE / DILATE + FIRST_X;
    let block = group.y * BLOCK_VEC4;

    // @registers
    var acc: array<vec4<f32>, u32(TILE_Y * TILE_X) * VECS>;
    // @registers
    var row: array<i32, ROWS>;
    // @registers
    var inside_y: array<f32, ROWS>;
    // @unroll
    for (var r = 0; r < ROWS; r++) {
        row[r] = clamp(iy + r, 0, IN_H - 1) * IN_W;
        inside_y[r] = select(0.0, 1.0, iy + r >= 0 && iy + r < IN_H);
    }
    // @registers
    var col: array<i32, COLS>;
    // @registers
    var inside_x: array<f32, COLS>;
    // @unroll
    for (var c = 0; c < COLS; c++) {
        col[c] = clamp(ix + c, 0, IN_W - 1);
        inside_x[c] = select(0.0, 1.0, ix + c >= 0 && ix + c < IN_W);
    }

    for (var i = 0u; i < IN_C; i++) {
        let plane = i32((n * IN_C + i) * u32(IN_H * IN_W));
        // @registers
        var taps: array<f32, ROWS * COLS>;
        // @unroll
        for (var r = 0; r < ROWS; r++) {
            // @static
            if (VECTOR) {
                let whole = x4[(plane + row[r] + tx) >> 2u];
                // @unroll
                for (var c = 0; c < COLS; c++) {
                    // @static
                    if (c + FIRST_X < 0 || c + FIRST_X > 3) {
                        let at = plane + row[r] + col[c];
                        taps[r * COLS + c] = x4[at >> 2u][(c + FIRST_X + 4 * PAD_X) % 4] * inside_x[c];
                    } else {
                        taps[r * COLS + c] = whole[c + FIRST_X];
                    }
                }
            } else {
                // @unroll
                for (var c = 0; c < COLS; c++) {
                    // @static
                    if (c + FIRST_X < 0 || LAST_X + c + FIRST_X >= IN_W) {
                        taps[r * COLS + c] = x[plane + row[r] + col[c]] * inside_x[c];
                    } else {
                        taps[r * COLS + c] = x[plane + row[r] + col[c]];
                    }
                }
            }
            // @static
            if (r + FIRST_Y < 0 || LAST_Y + r + FIRST_Y >= IN_H) {
                // @unroll
                for (var c = 0; c < COLS; c++) {
                    taps[r * COLS + c] *= inside_y[r];
                }
            }
        }
        let body = 1u + i * u32(KERNEL_H * KERNEL_W) * VECS;
        // @unroll
        for (var ky = 0; ky < KERNEL_H; ky++) {
            // @unroll
            for (var kx = 0; kx < KERNEL_W; kx++) {
                // @unroll
                for (var j = 0u; j < VECS; j++) {
                    let at = body + u32(ky * KERNEL_W + kx) * VECS + j;
                    var w: vec4<f32>;
                    // @static
                    if (UNIFORM) {
                        w = pack_uniform[at];
                    } else {
                        w = pack[block + at];
                    }
                    // @unroll
                    for (var py = 0; py < TILE_Y; py++) {
                        // @unroll
                        for (var px = 0; px < TILE_X; px++) {
                            // @static
                            if ((py * STRIDE + ky - PAD_Y + DILATE * 16) % DILATE == 0 && (px * STRIDE + kx - PAD_X + DILATE * 16) % DILATE == 0) {
                                acc[u32(py * TILE_X + px) * VECS + j] += taps[((py * STRIDE + ky - PAD_Y + DILATE * 16) / DILATE - 16 - FIRST_Y) * COLS + (px * STRIDE + kx - PAD_X + DILATE * 16) / DILATE - 16 - FIRST_X] * w;
                            }
                        }
                    }
                }
            }
        }
    }

    // @static
    if (TILES % WORKGROUP != 0u) {
        if (group.x * WORKGROUP + lane >= TILES) {
            return;
        }
    }
    var first = 0u;
    // @static
    if (UNIFORM) {
        first = u32(pack_uniform[0].x);
    } else {
        first = group.y * BLOCK;
    }
    // @unroll
    for (var j = 0u; j < VECS; j++) {
        // @unroll
        for (var c = 0u; c < 4u; c++) {
            let o = first + j * 4u + c;
            if (o < OUT_C) {
                var b = 0.0;
                // @static
                if (BIAS) {
                    b = bias[o];
                }
                let plane = i32((n * OUT_C + o) * u32(OUT_H * OUT_W)) + ty * OUT_W + tx;
                // @unroll
                for (var py = 0; py < TILE_Y; py++) {
                    // @static
                    if (TILE_X == 4 && OUT_W % 4 == 0 && OUT_H % TILE_Y == 0) {
                        y4[(plane + py * OUT_W) >> 2u] = vec4<f32>(
                            activate(acc[u32(py * TILE_X) * VECS + j][c] + b),
                            activate(acc[u32(py * TILE_X + 1) * VECS + j][c] + b),
                            activate(acc[u32(py * TILE_X + 2) * VECS + j][c] + b),
                            activate(acc[u32(py * TILE_X + 3) * VECS + j][c] + b));
                    } else {
                        // @unroll
                        for (var px = 0; px < TILE_X; px++) {
                            if (ty + py < OUT_H && tx + px < OUT_W) {
                                y[plane + py * OUT_W + px] = activate(acc[u32(py * TILE_X + px) * VECS + j][c] + b);
                            }
                        }
                    }
                }
            }
        }
    }
}
