// dx[n,c,iy,ix] = Σ dy over the windows whose first maximum, row by row, is at
// iy, ix
//
// One invocation gathers one element: it finds the maximum again in each window
// that covers it.
// Dispatch: [ceil(PLANES · IN_H · IN_W / 64), 1, 1], folded into y.
// Cost: up to KERNEL² · ceil(KERNEL / STRIDE)² operations an element, and
// reading x and dy and writing dx.

const PLANES: u32 = 1024u;   // N · C
const IN_H: u32 = 32u;
const IN_W: u32 = 32u;
const KERNEL: u32 = 3u;
const STRIDE: u32 = 2u;
const OUT_H: u32 = (IN_H - KERNEL) / STRIDE + 1u;
const OUT_W: u32 = (IN_W - KERNEL) / STRIDE + 1u;

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read> dy: array<f32>;
@group(0) @binding(2) var<storage, read_write> dx: array<f32>;

// The first window that covers coordinate i.
fn first_window(i: u32) -> u32 {
    return (max(i + 1u, KERNEL) - KERNEL + STRIDE - 1u) / STRIDE;
}

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let i = (group.y * groups.x + group.x) * 64u + lane;
    if (i >= PLANES * IN_H * IN_W) { return; }
    let plane = i / (IN_H * IN_W);
    let iy = i / IN_W % IN_H;
    let ix = i % IN_W;
    var sum = 0.0;
    for (var oy = first_window(iy); oy <= min(iy / STRIDE, OUT_H - 1u); oy++) {
        for (var ox = first_window(ix); ox <= min(ix / STRIDE, OUT_W - 1u); ox++) {
            let first = (plane * IN_H + oy * STRIDE) * IN_W + ox * STRIDE;
            var best = x[first];
            var at = first;
            // @unroll
            for (var ky = 0u; ky < KERNEL; ky++) {
                // @unroll
                for (var kx = 0u; kx < KERNEL; kx++) {
                    let here = first + ky * IN_W + kx;
                    if (x[here] > best) {
                        best = x[here];
                        at = here;
                    }
                }
            }
            if (at == i) { sum += dy[(plane * OUT_H + oy) * OUT_W + ox]; }
        }
    }
    dx[i] = sum;
}
