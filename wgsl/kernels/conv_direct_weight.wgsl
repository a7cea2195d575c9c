// dw[o,i,t] = Σ_n Σ_p dy[n,o,p] · x[n,i,p · STRIDE + t − PAD], as SPLITS partial sums
// For processors that pay for divergent loads and barriers (CPU drivers). The
// invocations of a workgroup run over the channels of one operand, whose values
// they load for a tile of TILE_Y × TILE_X output pixels; they share the addresses
// of the other operand's values. LANES_IN: lanes over input channels, BLOCK output
// channels shared (wide inputs). Otherwise lanes over output channels, BLOCK input
// channels shared (the first layers, with 1 to 4 input channels). UNIFORM: the
// shared operand lies in a uniform buffer, whose shared loads cost the least, and
// a dispatch takes as many images as fit one, or an image's dy of some channels;
// the bindings begin there.
// There are more sums than registers, so the loops finish a row of one channel
// before they turn to the next.
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
const TILE_Y: i32 = 2;
const TILE_X: i32 = 8;       // a multiple of 4
const LANES_IN: bool = true;
const BLOCK: u32 = 8u;
const UNIT: i32 = 4;         // columns of x a load takes: 4 where tiles and rows begin on multiples of 4, or 1
const UNIFORM: bool = false;
const SHARED_VEC4: u32 = 1u; // of the uniform buffer
const WORKGROUP: u32 = 64u;
const SPLITS: u32 = 32u;
const X_UNIFORM: bool = UNIFORM && !LANES_IN;
const TAPS: i32 = KERNEL_H * KERNEL_W;
const TILES_X: i32 = (OUT_W + TILE_X - 1) / TILE_X;
const TILES_Y: i32 = (OUT_H + TILE_Y - 1) / TILE_Y;
const ROWS: i32 = (TILE_Y - 1) * STRIDE + KERNEL_H;
const COLS: i32 = (TILE_X - 1) * STRIDE + KERNEL_W;
const FIRST_Y: i32 = 0 - PAD_Y;
const FIRST_X: i32 = 0 - PAD_X; // the first column of x a tile needs, relative to its own
const LAST_Y: i32 = (TILES_Y - 1) * TILE_Y * STRIDE;
const LAST_X: i32 = (TILES_X - 1) * TILE_X * STRIDE;

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(5) var<storage, read> x4: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read> dy: array<f32>;
@group(0) @binding(3) var<storage, read> dy4: array<vec4<f32>>;
@group(0) @binding(4) var<uniform> dy_uniform: array<vec4<f32>, SHARED_VEC4>;
@group(0) @binding(6) var<uniform> x_uniform: array<vec4<f32>, SHARED_VEC4>;
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
            let iy = ty * STRIDE;
            let ix = tx * STRIDE;
            // @include conv_window.wgsl
            // @registers
            var taps: array<f32, ROWS * COLS>;
            // @registers
            var g: array<f32, TILE_Y * TILE_X>;
            // @static
            if (LANES_IN) {
                let plane = i32((n * IN_C + min(lane_channel, IN_C - 1u)) * u32(IN_H * IN_W));
                // @include conv_patch.wgsl
                // @include conv_mask.wgsl
            } else {
                let channel = min(lane_channel, OUT_C - 1u);
                // @include conv_gradient.wgsl
            }
            // @unroll
            for (var b = 0u; b < BLOCK; b++) {
                // @static
                if (LANES_IN) {
                    let channel = min(group.y * BLOCK + b, OUT_C - 1u);
                    // @include conv_gradient.wgsl
                } else {
                    let plane = i32((n * IN_C + min(group.y * BLOCK + b, IN_C - 1u)) * u32(IN_H * IN_W));
                    // @include conv_patch.wgsl
                    // @include conv_mask.wgsl
                }
                // @unroll
                for (var py = 0; py < TILE_Y; py++) {
                    // @unroll
                    for (var t = 0; t < TAPS; t++) {
                        // @unroll
                        for (var px = 0; px < TILE_X; px++) {
                            acc[i32(b) * TAPS + t] += g[py * TILE_X + px] * taps[(py * STRIDE + t / KERNEL_W) * COLS + px * STRIDE + t % KERNEL_W];
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
