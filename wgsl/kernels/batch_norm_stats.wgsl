// partials[p, c] = mean and Σ(x − mean)² over part p of channel c of [N, C, HW]
//
// A part is CHUNK consecutive units of a channel's N · HW elements; a unit is
// WIDTH = 4 elements, or 1 where HW is no multiple of 4. One workgroup computes
// one part in a single pass: each lane sums about the first element it sees, the
// lanes are joined at the end.
// Dispatch: [C, parts, 1].
// Cost: 4 operations and one read an element.

const C: u32 = 64u;
const HW: u32 = 1024u;
const UNITS: u32 = 8192u;     // N · HW / WIDTH
const WIDTH: u32 = 4u;        // 4 where HW is a multiple of 4, else 1
const CHUNK: u32 = 1024u;     // units a workgroup, a multiple of 64
const PLANE: u32 = HW / WIDTH;
const STEPS: u32 = CHUNK / 64u;

@group(0) @binding(0) var<storage, read> x: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read_write> partials: array<vec2<f32>>; // [parts, C]

// @include lane_item.wgsl
// @include join_lanes.wgsl

// Unit u of channel c: four elements, or one and three zeros.
fn load(c: u32, u: u32) -> vec4<f32> {
    let at = (u / PLANE * C + c) * PLANE + u % PLANE;
    var v = vec4<f32>(0.0);
    // @static
    if (WIDTH == 4u) { v = x[at]; } else { v.x = x[at / 4u][at % 4u]; }
    return v;
}

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let c = group.x;
    let first = group.y * CHUNK;
    let end = min(first + CHUNK, UNITS);
    let k = load(c, min(first + lane_item(lane, 0u), end - 1u));
    var count = 0.0;
    var s = vec4<f32>(0.0);
    var q = vec4<f32>(0.0);
    for (var i = 0u; i < STEPS; i++) {
        let u = first + lane_item(lane, i);
        if (u < end) {
            let v = load(c, u) - k;
            count += 1.0;
            s += v;
            q += v * v;
        }
    }
    var n = vec4<f32>(count);
    // @static
    if (WIDTH == 1u) { n = vec4<f32>(count, 0.0, 0.0, 0.0); }
    let moments = join_lanes(lane, shifted_moments(n, k, s, q));
    if (lane == 0u) { partials[group.y * C + c] = moments.yz; }
}
