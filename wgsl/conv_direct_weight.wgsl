// dw[o,i,t] = Σ_n Σ_p dy[n,o,p] · x[n,i,p · STRIDE + t − PAD], as SPLITS partial sums
// For processors that pay for divergent loads and barriers (CPU drivers). The
// invocations of a workgroup run over the channels of one operand, whose values
// they load for a tile of TILE_Y × TILE_X output pixels; they share the addresses
// of the other operand's values. LANES_IN: lanes over input channels, BLOCK output
// channels shared (wide inputs). Otherwise lanes over output channels, BLOCK input
// channels shared (the first layers, with 1 to 4 input channels). UNIFORM: a
// dispatch takes one image and so many of its output channels that their dy fits
// a uniform buffer, whose shared loads cost the least; the bindings begin there.
//
// Partial sums lie as [split][o][i][t]; split s takes every SPLITS-th row of tiles.
// Dispatch: (⌈lane channels / WORKGROUP⌉, ⌈shared channels / BLOCK⌉, SPLITS).
const N: u32 = 32u;
const IN_C: u32 = 64u;
const IN_H: i32 = 32;
const IN_W: i32 = 32;
const OUT_C: u32 = 64u;
const OUT_H: i32 = 32;
const OUT_W: i32 = 32;
const KERNEL_H: i32 = 3;
const KERNEL_W: i32 = 3;
const STRIDE: i32 = 1;
const PAD_Y: i32 = 1;
const PAD_X: i32 = 1;
const TILE_Y: i32 = 4;
const TILE_X: i32 = 4;
const LANES_IN: bool = true;
const BLOCK: u32 = 8u;
const UNIFORM: bool = false; // wants LANES_IN, N 1, OUT_W a multiple of 4 and OUT_H of TILE_Y
const WINDOW_VEC4: u32 = 1u; // of dy_uniform
const WORKGROUP: u32 = 64u;
const SPLITS: u32 = 32u;
const TAPS: i32 = KERNEL_H * KERNEL_W;
const TILES_X: i32 = (OUT_W + TILE_X - 1) / TILE_X;
const TILES_Y: i32 = (OUT_H + TILE_Y - 1) / TILE_Y;
const ROWS: i32 = (TILE_Y - 1) * STRIDE + KERNEL_H;
const COLS: i32 = (TILE_X - 1) * STRIDE + KERNEL_W;
const LAST_X: i32 = (TILES_X - 1) * TILE_X * STRIDE - PAD_X;

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read> dy: array<f32>;
@group(0) @binding(3) var<storage, read> dy4: array<vec4<f32>>;
@group(0) @binding(4) var<uniform> dy_uniform: array<vec4<f32>, WINDOW_VEC4>;
@group(0) @binding(2) var<storage, read_write> partials: array<f32>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(local_invocation_index) lane: u32, @builtin(workgroup_id) group: vec3<u32>) {
    let lane_channel = group.x * WORKGROUP + lane;
    // @registers
    var acc: array<f32, BLOCK * u32(TAPS)>;

    for (var line = group.z; line < N * u32(TILES_Y); line += SPLITS) {
        let n = line / u32(TILES_Y);
        let ty = i32(line % u32(TILES_Y)) * TILE_Y;
        for (var tx = 0; tx < OUT_W; tx += TILE_X) {
            let iy = ty * STRIDE - PAD_Y;
            let ix = tx * STRIDE - PAD_X;
            // @registers
            var col: array<i32, COLS>;
            // @registers
            var inside_x: array<f32, COLS>;
            // @unroll
            for (var c = 0; c < COLS; c++) {
                col[c] = clamp(ix + c, 0, IN_W - 1);
                inside_x[c] = select(0.0, 1.0, ix + c >= 0 && ix + c < IN_W);
            }
            // @static
            if (LANES_IN) {
                let plane = i32((n * IN_C + min(lane_channel, IN_C - 1u)) * u32(IN_H * IN_W));
                // @registers
                var taps: array<f32, ROWS * COLS>;
                // @unroll
                for (var r = 0; r < ROWS; r++) {
                    let row = plane + clamp(iy + r, 0, IN_H - 1) * IN_W;
                    let inside = select(0.0, 1.0, iy + r >= 0 && iy + r < IN_H);
                    // @unroll
                    for (var c = 0; c < COLS; c++) {
                        // @static
                        if (c < PAD_X || LAST_X + c >= IN_W) {
                            taps[r * COLS + c] = x[row + col[c]] * inside * inside_x[c];
                        } else {
                            taps[r * COLS + c] = x[row + col[c]] * inside;
                        }
                    }
                }
                // @unroll
                for (var b = 0u; b < BLOCK; b++) {
                    let image = i32((n * OUT_C + min(group.y * BLOCK + b, OUT_C - 1u)) * u32(OUT_H * OUT_W));
                    // @unroll
                    for (var py = 0; py < TILE_Y; py++) {
                        // @registers
                        var g: array<f32, TILE_X>;
                        // @static
                        if (UNIFORM) {
                            let four = dy_uniform[((i32(group.y * BLOCK + b) * OUT_H + ty + py) * OUT_W + tx) >> 2u];
                            // @unroll
                            for (var px = 0; px < TILE_X; px++) {
                                g[px] = four[px];
                            }
                        } else if (OUT_W % 4 == 0 && OUT_H % TILE_Y == 0) {
                            let four = dy4[(image + (ty + py) * OUT_W + tx) >> 2u];
                            // @unroll
                            for (var px = 0; px < TILE_X; px++) {
                                g[px] = four[px];
                            }
                        } else {
                            // @unroll
                            for (var px = 0; px < TILE_X; px++) {
                                g[px] = dy[image + min(ty + py, OUT_H - 1) * OUT_W + min(tx + px, OUT_W - 1)]
                                    * select(0.0, 1.0, ty + py < OUT_H && tx + px < OUT_W);
                            }
                        }
                        // @unroll
                        for (var px = 0; px < TILE_X; px++) {
                            // @unroll
                            for (var t = 0; t < TAPS; t++) {
                                acc[i32(b) * TAPS + t] += g[px] * taps[(py * STRIDE + t / KERNEL_W) * COLS + px * STRIDE + t % KERNEL_W];
                            }
                        }
                    }
                }
            } else {
                let image = i32((n * OUT_C + min(lane_channel, OUT_C - 1u)) * u32(OUT_H * OUT_W));
                // @registers
                var g: array<f32, TILE_Y * TILE_X>;
                // @unroll
                for (var py = 0; py < TILE_Y; py++) {
                    // @unroll
                    for (var px = 0; px < TILE_X; px++) {
                        g[py * TILE_X + px] = dy[image + min(ty + py, OUT_H - 1) * OUT_W + min(tx + px, OUT_W - 1)];
                        // @static
                        if (OUT_H % TILE_Y != 0 || OUT_W % TILE_X != 0) {
                            g[py * TILE_X + px] *= select(0.0, 1.0, ty + py < OUT_H && tx + px < OUT_W);
                        }
                    }
                }
                // @unroll
                for (var b = 0u; b < BLOCK; b++) {
                    let plane = i32((n * IN_C + min(group.y * BLOCK + b, IN_C - 1u)) * u32(IN_H * IN_W));
                    // @unroll
                    for (var r = 0; r < ROWS; r++) {
                        let row = plane + clamp(iy + r, 0, IN_H - 1) * IN_W;
                        let inside = select(0.0, 1.0, iy + r >= 0 && iy + r < IN_H);
                        // @unroll
                        for (var c = 0; c < COLS; c++) {
                            let v = x[row + col[c]] * inside * inside_x[c];
                            // @unroll
                            for (var t = 0; t < TAPS; t++) {
                                // @static
                                if (r >= t / KERNEL_W && c >= t % KERNEL_W && (r - t / KERNEL_W) % STRIDE == 0 && (c - t % KERNEL_W) % STRIDE == 0 && (r - t / KERNEL_W) / STRIDE < TILE_Y && (c - t % KERNEL_W) / STRIDE < TILE_X) {
                                    acc[i32(b) * TAPS + t] += v * g[(r - t / KERNEL_W) / STRIDE * TILE_X + (c - t % KERNEL_W) / STRIDE];
                                }
                            }
                        }
                    }
                }
            }
        }
    }

    let base = group.z * OUT_C * IN_C * u32(TAPS);
    // @unroll
    for (var b = 0u; b < BLOCK; b++) {
        let shared_channel = group.y * BLOCK + b;
        // @static
        if (LANES_IN) {
            if (lane_channel < IN_C && shared_channel < OUT_C) {
                // @unroll
                for (var t = 0u; t < u32(TAPS); t++) {
                    partials[base + (shared_channel * IN_C + lane_channel) * u32(TAPS) + t] = acc[b * u32(TAPS) + t];
                }
            }
        } else {
            if (lane_channel < OUT_C && shared_channel < IN_C) {
                // @unroll
                for (var t = 0u; t < u32(TAPS); t++) {
                    partials[base + (lane_channel * IN_C + shared_channel) * u32(TAPS) + t] = acc[b * u32(TAPS) + t];
                }
            }
        }
    }
}
