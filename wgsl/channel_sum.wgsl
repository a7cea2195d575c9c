// partials[p, c] = Σ over part p of channel c of x [N, C, HW]
//
// Parts as in batch_norm_stats.wgsl: one workgroup each, lanes joined by a tree.
// Dispatch: [C, parts, 1].
// Cost: one add and one read an element.

const C: u32 = 64u;
const HW: u32 = 1024u;
const UNITS: u32 = 8192u;     // N · HW / WIDTH
const WIDTH: u32 = 4u;        // 4 where HW is a multiple of 4, else 1
const CHUNK: u32 = 1024u;     // units a workgroup
const PLANE: u32 = HW / WIDTH;

@group(0) @binding(0) var<storage, read> x: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read_write> partials: array<f32>; // [parts, C]

var<workgroup> shared_sums: array<f32, 64>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let c = group.x;
    let first = group.y * CHUNK;
    let end = min(first + CHUNK, UNITS);
    var sum = vec4<f32>(0.0);
    for (var u = first + lane; u < end; u += 64u) {
        let at = (u / PLANE * C + c) * PLANE + u % PLANE;
        // @static
        if (WIDTH == 4u) { sum += x[at]; } else { sum.x += x[at / 4u][at % 4u]; }
    }
    shared_sums[lane] = dot(sum, vec4<f32>(1.0));
    workgroupBarrier();
    for (var half = 32u; half > 0u; half = half / 2u) {
        if (lane < half) { shared_sums[lane] += shared_sums[lane + half]; }
        workgroupBarrier();
    }
    if (lane == 0u) { partials[group.y * C + c] = shared_sums[0]; }
}
