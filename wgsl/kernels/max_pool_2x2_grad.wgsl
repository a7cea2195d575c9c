// dx[n,c,iy,ix] = dy of the window of 2 × 2 around iy, ix if that is its first
// maximum, row by row, else 0
//
// max_pool_grad.wgsl where IN_W is a multiple of 4 and IN_H even: one
// invocation writes four columns of two rows, two windows.
// Dispatch: [ceil(PLANES · IN_H / 2 · IN_W / 4 / 64), 1, 1], folded into y.
// Cost: 2 operations, 2.25 floats of traffic an element.

const PLANES: u32 = 1024u;   // N · C
const IN_H: u32 = 32u;
const IN_W: u32 = 32u;
const OUT_H: u32 = IN_H / 2u;
const QUADS: u32 = IN_W / 4u; // of a row

@group(0) @binding(0) var<storage, read> x: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read> dy: array<vec2<f32>>;
@group(0) @binding(2) var<storage, read_write> dx: array<vec4<f32>>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let i = (group.y * groups.x + group.x) * 64u + lane;
    if (i >= PLANES * OUT_H * QUADS) { return; }
    let plane = i / (OUT_H * QUADS);
    let first = (plane * IN_H + i / QUADS % OUT_H * 2u) * QUADS + i % QUADS;
    let top = x[first];
    let bottom = x[first + QUADS];
    let rows = max(top, bottom);
    let best = max(rows.xz, rows.yw);
    // What is left of dy goes to the next element that equals the maximum.
    let none = vec2<f32>(0.0);
    var left = dy[i];
    let a = select(none, left, top.xz == best);
    left = left - a;
    let b = select(none, left, top.yw == best);
    left = left - b;
    let c = select(none, left, bottom.xz == best);
    left = left - c;
    dx[first] = vec4<f32>(a.x, b.x, a.y, b.y);
    dx[first + QUADS] = vec4<f32>(c.x, left.x, c.y, left.y);
}
