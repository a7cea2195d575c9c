// y[n,c,oy,ox] = LOW + (1 − LOW) / 255 · u, where u is the byte image [N, IN_H, IN_W, IN_C] at
// (oy · IN_H / OUT_H, ox · IN_W / OUT_W), interpolated bilinearly
//
// TensorFlow 1's resize: coordinates begin at the corner of the first pixel, and
// the neighbour of the last is itself. A single channel is repeated. One
// invocation takes one pixel with all its channels.
// Dispatch: [ceil(N · OUT_H · OUT_W / 64), 1, 1], folded into y.
// Cost: a byte to 4 read and 4 written an element.

const N: u32 = 32u;
const IN_C: u32 = 1u;       // 1, or OUT_C
const IN_H: u32 = 28u;
const IN_W: u32 = 28u;
const OUT_C: u32 = 3u;
const OUT_H: u32 = 32u;
const OUT_W: u32 = 32u;
const LOW: f32 = -1.0;      // what a byte of 0 becomes
const STEP: f32 = 0.00784313725490196; // (1 − LOW) / 255

@group(0) @binding(0) var<storage, read> pixels: array<u32>;        // four bytes each
@group(0) @binding(1) var<storage, read_write> y: array<f32>;       // [N, OUT_C, OUT_H, OUT_W]

// The byte of channel c at row r and column s of image n.
fn byte(n: u32, c: u32, r: u32, s: u32) -> f32 {
    let at = ((n * IN_H + r) * IN_W + s) * IN_C + c;
    return f32((pixels[at / 4u] >> (at % 4u * 8u)) & 255u);
}

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let i = (group.y * groups.x + group.x) * 64u + lane;
    if (i >= N * OUT_H * OUT_W) { return; }
    let n = i / (OUT_H * OUT_W);
    let oy = i / OUT_W % OUT_H;
    let ox = i % OUT_W;
    // In whole numbers, so that a coordinate that is one has no fraction.
    let top = oy * IN_H / OUT_H;
    let left = ox * IN_W / OUT_W;
    let bottom = min(top + 1u, IN_H - 1u);
    let right = min(left + 1u, IN_W - 1u);
    let down = f32(oy * IN_H % OUT_H) / f32(OUT_H);
    let across = f32(ox * IN_W % OUT_W) / f32(OUT_W);
    var u = 0.0;
    // @unroll
    for (var c = 0u; c < OUT_C; c++) {
        // @static
        if (c < IN_C) {
            // @static
            if (IN_H == OUT_H && IN_W == OUT_W) {
                u = byte(n, c, oy, ox);
            } else {
                u = mix(mix(byte(n, c, top, left), byte(n, c, top, right), across),
                    mix(byte(n, c, bottom, left), byte(n, c, bottom, right), across), down);
            }
        }
        y[((n * OUT_C + c) * OUT_H + oy) * OUT_W + ox] = u * STEP + LOW;
    }
}
