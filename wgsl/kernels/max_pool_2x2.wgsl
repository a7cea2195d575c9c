// y[n,c,oy,ox] = max over ky, kx < 2 of x[n, c, 2·oy+ky, 2·ox+kx]
//
// max_pool.wgsl for its most common window, where IN_W is a multiple of 4: one
// invocation reads four columns of two rows and writes two elements.
// Dispatch: [ceil(PLANES · OUT_H · IN_W / 4 / 64), 1, 1], folded into y.
// Cost: 4 operations, 5 floats of traffic an element.

const PLANES: u32 = 1024u;   // N · C
const IN_H: u32 = 32u;
const IN_W: u32 = 32u;
const OUT_H: u32 = IN_H / 2u;
const QUADS: u32 = IN_W / 4u; // of a row

@group(0) @binding(0) var<storage, read> x: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read_write> y: array<vec2<f32>>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let i = (group.y * groups.x + group.x) * 64u + lane;
    if (i >= PLANES * OUT_H * QUADS) { return; }
    let plane = i / (OUT_H * QUADS);
    let first = (plane * IN_H + i / QUADS % OUT_H * 2u) * QUADS + i % QUADS;
    let rows = max(x[first], x[first + QUADS]);
    y[i] = max(rows.xz, rows.yw);
}
