// y[n,c,oy,ox] = max over ky, kx < KERNEL of x[n, c, oy·STRIDE+ky, ox·STRIDE+kx]
//
// No padding: windows lie inside x. One invocation computes one element.
// Dispatch: [ceil(PLANES · OUT_H · OUT_W / 64), 1, 1], folded into y.
// Cost: KERNEL² operations, KERNEL² + 1 floats of traffic an element.

const PLANES: u32 = 1024u;   // N · C
const IN_H: u32 = 32u;
const IN_W: u32 = 32u;
const KERNEL: u32 = 3u;
const STRIDE: u32 = 2u;
const OUT_H: u32 = (IN_H - KERNEL) / STRIDE + 1u;
const OUT_W: u32 = (IN_W - KERNEL) / STRIDE + 1u;

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> y: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let i = (group.y * groups.x + group.x) * 64u + lane;
    if (i >= PLANES * OUT_H * OUT_W) { return; }
    let plane = i / (OUT_H * OUT_W);
    let first = (plane * IN_H + i / OUT_W % OUT_H * STRIDE) * IN_W + i % OUT_W * STRIDE;
    var best = x[first];
    // @unroll
    for (var ky = 0u; ky < KERNEL; ky++) {
        // @unroll
        for (var kx = 0u; kx < KERNEL; kx++) {
            best = max(best, x[first + ky * IN_W + kx]);
        }
    }
    y[i] = best;
}
