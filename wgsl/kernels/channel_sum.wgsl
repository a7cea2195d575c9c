// partials[p, c] = Σ over part p of channel c of x [N, C, HW]
//
// Parts as in batch_norm_stats.wgsl: one workgroup each, lanes added up by sum_lanes.wgsl.
// Dispatch: [C, parts, 1].
// Cost: one add and one read an element.

const C: u32 = 64u;
const HW: u32 = 1024u;
const UNITS: u32 = 8192u;     // N · HW / WIDTH
const WIDTH: u32 = 4u;        // 4 where HW is a multiple of 4, else 1
const CHUNK: u32 = 1024u;     // units a workgroup, a multiple of 64
const PLANE: u32 = HW / WIDTH;
const STEPS: u32 = CHUNK / 64u;

@group(0) @binding(0) var<storage, read> x: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read_write> partials: array<f32>; // [parts, C]

// @include lane_item.wgsl
// @include sum_lanes.wgsl

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let c = group.x;
    let first = group.y * CHUNK;
    let end = min(first + CHUNK, UNITS);
    var sum = vec4<f32>(0.0);
    for (var i = 0u; i < STEPS; i++) {
        let u = first + lane_item(lane, i);
        if (u < end) {
            let at = (u / PLANE * C + c) * PLANE + u % PLANE;
            // @static
            if (WIDTH == 4u) { sum += x[at]; } else { sum.x += x[at / 4u][at % 4u]; }
        }
    }
    let total = sum_lanes(lane, dot(sum, vec4<f32>(1.0)));
    if (lane == 0u) { partials[group.y * C + c] = total; }
}
