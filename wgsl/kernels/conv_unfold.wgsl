// v[f,c,p] = x[n,c,p · STRIDE + f − PAD], the inputs that each tap f of a convolution
// meets, of the output pixels p, as [image][row][column]. A row of pixels is filled up to
// a multiple of four. With one tap, v is x with the channels before the images. A vec4
// holds four channels of a pixel.
//
// An invocation takes four channels of four pixels side by side.
// Dispatch: ⌈C / 4 · QUADS / 64⌉ workgroups, folded into y.
const N: u32 = 32u;            // images
const C: u32 = 64u;            // a multiple of 4
const IN_H: i32 = 32;
const IN_W: i32 = 32;
const OUT_H: i32 = 16;
const OUT_W: i32 = 16;
const KERNEL_H: i32 = 3;
const KERNEL_W: i32 = 3;
const STRIDE: i32 = 2;
const PAD_Y: i32 = 0;
const PAD_X: i32 = 0;
const UNIT: i32 = 4;           // columns of x a load takes: 4 where patches and rows begin on multiples of 4, or 1
const STRIDE_V: u32 = 8208u;   // vec4 from four channels of v to the next
const QUADS_X: u32 = (u32(OUT_W) + 3u) / 4u;
const QUADS: u32 = N * u32(OUT_H) * QUADS_X;
const X_UNIFORM: bool = UNIT == 0;
const ROWS: i32 = KERNEL_H;
const COLS: i32 = 3 * STRIDE + KERNEL_W;
const FIRST_Y: i32 = 0 - PAD_Y;
const FIRST_X: i32 = 0 - PAD_X;
const LAST_Y: i32 = (OUT_H - 1) * STRIDE;
const LAST_X: i32 = (i32(QUADS_X) - 1) * 4 * STRIDE;

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read> x4: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read_write> v: array<vec4<f32>>; // [taps, C / 4, STRIDE_V]

@compute @workgroup_size(64)
fn main(@builtin(local_invocation_index) lane: u32, @builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let item = min((group.y * groups.x + group.x) * 64u + lane, C / 4u * QUADS - 1u);
    let c = item / QUADS * 4u;
    let quad = item % QUADS;
    let n = quad / (u32(OUT_H) * QUADS_X);
    let iy = i32(quad / QUADS_X) % OUT_H * STRIDE;
    let ix = i32(quad % QUADS_X) * 4 * STRIDE;
    // @include conv_window.wgsl
    // @registers
    var windows: array<f32, 4 * ROWS * COLS>;
    // @unroll
    for (var j = 0; j < 4; j++) {
        let plane = (i32(n * C + c) + j) * IN_H * IN_W;
        // @registers
        var taps: array<f32, ROWS * COLS>;
        // @include conv_patch.wgsl
        // @include conv_mask.wgsl
        // @unroll
        for (var i = 0; i < ROWS * COLS; i++) {
            windows[j * ROWS * COLS + i] = taps[i];
        }
    }
    // @unroll
    for (var ky = 0; ky < KERNEL_H; ky++) {
        // @unroll
        for (var kx = 0; kx < KERNEL_W; kx++) {
            // @unroll
            for (var p = 0; p < 4; p++) {
                var four = vec4<f32>(0.0);
                // @unroll
                for (var j = 0; j < 4; j++) {
                    four[j] = windows[(j * ROWS + ky) * COLS + kx + p * STRIDE];
                }
                v[(u32(ky * KERNEL_W + kx) * (C / 4u) + c / 4u) * STRIDE_V + 4u * quad + u32(p)] = four;
            }
        }
    }
}
