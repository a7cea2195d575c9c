// y[p, oy, ox] = x[p, oy · IN_H / OUT_H, ox · IN_W / OUT_W], quotients rounded down
//
// TensorFlow 1's resize to the nearest neighbour. One invocation takes one pixel.
// Dispatch: [ceil(PLANES · OUT_H · OUT_W / 64), 1, 1], folded into y.
// Cost: 2 floats of traffic an element.

const PLANES: u32 = 512u;   // images · channels
const IN_H: u32 = 10u;
const IN_W: u32 = 10u;
const OUT_H: u32 = 32u;
const OUT_W: u32 = 32u;

@group(0) @binding(0) var<storage, read> x: array<f32>;        // [PLANES, IN_H, IN_W]
@group(0) @binding(1) var<storage, read_write> y: array<f32>;  // [PLANES, OUT_H, OUT_W]

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let i = (group.y * groups.x + group.x) * 64u + lane;
    if (i >= PLANES * OUT_H * OUT_W) { return; }
    let p = i / (OUT_H * OUT_W);
    let oy = i / OUT_W % OUT_H;
    let ox = i % OUT_W;
    y[i] = x[(p * IN_H + oy * IN_H / OUT_H) * IN_W + ox * IN_W / OUT_W];
}
