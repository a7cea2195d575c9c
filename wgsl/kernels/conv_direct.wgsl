// y[n,o,p] = act(bias[o] + residual[n,o,p] + Σ_i Σ_t x[n,i,(p · STRIDE + t − PAD) / DILATE] · w[o,i,t])
// where the quotient is whole and inside x. STRIDE > 1 is the strided forward
// pass, DILATE > 1 (the input's dilation) the data gradient of one.
//
// For processors that pay for divergent loads and barriers (CPU drivers): an
// invocation sums a patch of TILE_Y × TILE_X outputs of BLOCK channels; every
// weight is read at an address all invocations share, from a uniform buffer where
// a block of packed weights fits one. There are more sums than registers, so the
// loops finish a row of one channel before they turn to the next. No workgroup
// memory, no divergent branch in the loop.
//
// Dispatch: (patches / WORKGROUP, blocks, 1), of those that are bound.
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
const TILE_Y: i32 = 2;       // a multiple of DILATE
const TILE_X: i32 = 8;       // a multiple of DILATE and 4
const CHANNELS: u32 = 64u;   // input channels of a dispatch, of the last one what is left; where not all, the sums of the others are in y
const BLOCK: u32 = 16u;      // output channels, a multiple of 4
const BLOCK_VEC4: u32 = 2320u;
const PACK_VEC4: u32 = 2320u; // of the blocks that a dispatch takes
const UNIFORM: bool = true;  // weights come from a uniform buffer
const X_UNIFORM: bool = false; // and x too: a dispatch takes as many images as fit one
const X_VEC4: u32 = 1u;      // of x_uniform
const UNIT: i32 = 4;         // columns of x a load takes: 4 where patches and rows begin on multiples of 4, or 1
const BIAS: bool = false;
const RESIDUAL: bool = false;
const ACTIVATION: u32 = 0u;  // 0 none, 1 ReLU, 2 leaky ReLU, 3 tanh
const SLOPE: f32 = 0.2;
const WORKGROUP: u32 = 64u;
const TILES_X: i32 = (OUT_W + TILE_X - 1) / TILE_X;
const TILES_Y: i32 = (OUT_H + TILE_Y - 1) / TILE_Y;
const TILES: u32 = N * u32(TILES_X * TILES_Y);
const TAPS: u32 = u32(KERNEL_H * KERNEL_W);
// The rows and columns of x a patch needs, relative to its origin's.
const FIRST_Y: i32 = 0 - PAD_Y / DILATE;
const FIRST_X: i32 = 0 - PAD_X / DILATE;
const ROWS: i32 = ((TILE_Y - 1) * STRIDE + KERNEL_H - 1 - PAD_Y + DILATE * 16) / DILATE - 16 - FIRST_Y + 1;
const COLS: i32 = ((TILE_X - 1) * STRIDE + KERNEL_W - 1 - PAD_X + DILATE * 16) / DILATE - 16 - FIRST_X + 1;
const LAST_Y: i32 = (TILES_Y - 1) * TILE_Y * STRIDE / DILATE;
const LAST_X: i32 = (TILES_X - 1) * TILE_X * STRIDE / DILATE;

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read> x4: array<vec4<f32>>;
@group(0) @binding(7) var<uniform> x_uniform: array<vec4<f32>, X_VEC4>;
@group(0) @binding(2) var<uniform> pack_uniform: array<vec4<f32>, PACK_VEC4>;
@group(0) @binding(3) var<storage, read> pack: array<vec4<f32>>;
@group(0) @binding(4) var<storage, read> bias: array<f32>;
@group(0) @binding(5) var<storage, read_write> y: array<f32>;
@group(0) @binding(6) var<storage, read_write> y4: array<vec4<f32>>;
@group(0) @binding(8) var<storage, read> residual: array<f32>; // as y
@group(0) @binding(9) var<storage, read> residual4: array<vec4<f32>>;

// @include activate4.wgsl

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(local_invocation_index) lane: u32, @builtin(workgroup_id) group: vec3<u32>) {
    let tile = min(group.x * WORKGROUP + lane, TILES - 1u);
    let n = tile / u32(TILES_X * TILES_Y);
    let ty = i32((tile / u32(TILES_X)) % u32(TILES_Y)) * TILE_Y;
    let tx = i32(tile % u32(TILES_X)) * TILE_X;
    let iy = ty * STRIDE / DILATE;
    let ix = tx * STRIDE / DILATE;
    let block = group.y * BLOCK_VEC4;

    // @registers
    var acc: array<f32, i32(BLOCK) * TILE_Y * TILE_X>;
    // @include conv_window.wgsl

    var lowest = 0u; // the first input channel
    // @static
    if (CHANNELS < IN_C) {
        lowest = u32(pack_uniform[block].y);
    }
    for (var i = 0u; i < min(CHANNELS, IN_C - lowest); i++) {
        let plane = i32((n * IN_C + lowest + i) * u32(IN_H * IN_W));
        // @registers
        var taps: array<f32, ROWS * COLS>;
        // @include conv_patch.wgsl
        // @include conv_mask.wgsl
        let body = 1u + i * (BLOCK * TAPS / 4u);
        // @unroll
        for (var o = 0u; o < BLOCK; o++) {
            // @unroll
            for (var py = 0; py < TILE_Y; py++) {
                // @unroll
                for (var t = 0u; t < TAPS; t++) {
                    var w: f32;
                    // @static
                    if (UNIFORM) {
                        w = pack_uniform[block + body + (o * TAPS + t) / 4u][(o * TAPS + t) % 4u];
                    } else {
                        w = pack[block + body + (o * TAPS + t) / 4u][(o * TAPS + t) % 4u];
                    }
                    // @unroll
                    for (var px = 0; px < TILE_X; px++) {
                        // @static
                        if ((py * STRIDE + i32(t) / KERNEL_W - PAD_Y + DILATE * 16) % DILATE == 0 && (px * STRIDE + i32(t) % KERNEL_W - PAD_X + DILATE * 16) % DILATE == 0) {
                            acc[(i32(o) * TILE_Y + py) * TILE_X + px] += w * taps[((py * STRIDE + i32(t) / KERNEL_W - PAD_Y + DILATE * 16) / DILATE - 16 - FIRST_Y) * COLS + (px * STRIDE + i32(t) % KERNEL_W - PAD_X + DILATE * 16) / DILATE - 16 - FIRST_X];
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
        first = u32(pack_uniform[block].x);
    } else {
        first = group.y * BLOCK;
    }
    // @unroll
    for (var b = 0u; b < BLOCK; b++) {
        let o = first + b;
        if (o < OUT_C) {
            var add = 0.0;
            // @static
            if (BIAS) {
                add = select(0.0, bias[o], lowest == 0u);
            }
            let plane = i32((n * OUT_C + o) * u32(OUT_H * OUT_W)) + ty * OUT_W + tx;
            // @unroll
            for (var py = 0; py < TILE_Y; py++) {
                // @unroll
                for (var px = 0; px < TILE_X; px += 4) {
                    var v = vec4<f32>(
                        acc[(i32(b) * TILE_Y + py) * TILE_X + px], acc[(i32(b) * TILE_Y + py) * TILE_X + px + 1],
                        acc[(i32(b) * TILE_Y + py) * TILE_X + px + 2], acc[(i32(b) * TILE_Y + py) * TILE_X + px + 3]) + add;
                    let at = plane + py * OUT_W + px;
                    // @static
                    if (RESIDUAL) {
                        var r = vec4<f32>(0.0);
                        // @static
                        if (OUT_W % TILE_X == 0 && OUT_H % TILE_Y == 0) {
                            r = residual4[at >> 2u];
                        } else {
                            r = vec4<f32>(residual[at], residual[at + 1], residual[at + 2], residual[at + 3]);
                        }
                        v += select(vec4<f32>(0.0), r, lowest == 0u);
                    }
                    // @static
                    if (CHANNELS < IN_C) {
                        if (lowest > 0u) {
                            v += y4[at >> 2u];
                        }
                        if (lowest + CHANNELS >= IN_C) {
                            v = activate4(v);
                        }
                    } else {
                        v = activate4(v);
                    }
                    // @static
                    if (OUT_W % TILE_X == 0 && OUT_H % TILE_Y == 0) {
                        y4[at >> 2u] = v;
                    } else {
                        // @unroll
                        for (var c = 0; c < 4; c++) {
                            if (ty + py < OUT_H && tx + px + c < OUT_W) {
                                y[at + c] = v[c];
                            }
                        }
                    }
                }
            }
        }
    }
}
