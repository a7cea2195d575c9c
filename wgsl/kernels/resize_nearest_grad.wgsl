// dx[p, iy, ix] = Σ dy over the pixels that resize_nearest.wgsl takes from there
//
// They are those from ⌈iy · OUT_H / IN_H⌉ to before ⌈(iy + 1) · OUT_H / IN_H⌉, and so
// across. One invocation takes one pixel of x.
// Dispatch: [ceil(PLANES · IN_H · IN_W / 64), 1, 1], folded into y.
// Cost: an add and a read an element of y.

const PLANES: u32 = 512u;   // images · channels
const IN_H: u32 = 10u;
const IN_W: u32 = 10u;
const OUT_H: u32 = 32u;
const OUT_W: u32 = 32u;

@group(0) @binding(0) var<storage, read> dy: array<f32>;        // [PLANES, OUT_H, OUT_W]
@group(0) @binding(1) var<storage, read_write> dx: array<f32>;  // [PLANES, IN_H, IN_W]

// The first pixel of y, of so many, that comes from pixel i of x.
fn first(i: u32, inputs: u32, outputs: u32) -> u32 {
    return (i * outputs + inputs - 1u) / inputs;
}

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let i = (group.y * groups.x + group.x) * 64u + lane;
    if (i >= PLANES * IN_H * IN_W) { return; }
    let p = i / (IN_H * IN_W);
    let iy = i / IN_W % IN_H;
    let ix = i % IN_W;
    var sum = 0.0;
    for (var oy = first(iy, IN_H, OUT_H); oy < first(iy + 1u, IN_H, OUT_H); oy++) {
        for (var ox = first(ix, IN_W, OUT_W); ox < first(ix + 1u, IN_W, OUT_W); ox++) {
            sum += dy[(p * OUT_H + oy) * OUT_W + ox];
        }
    }
    dx[i] = sum;
}
