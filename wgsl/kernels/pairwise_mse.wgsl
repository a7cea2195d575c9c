// partials[n] = SCALE / K · Σ (d − mean d)² over the K = C · HW elements of d = a − b
// in image n: the mean squared difference of all pairs of elements, if SCALE is 2
//
// Σd²/K − (Σd)²/K², without the cancellation. With MASKED d is 0 wherever
// channel 3 of b, the depth, is FAR or more; K still counts all. One workgroup
// takes one image, as batch_norm_stats.wgsl takes one channel.
// Dispatch: [N, 1, 1].
// Cost: 5 operations and 2 reads an element.

const C: u32 = 3u;          // 4 with MASKED
const HW: u32 = 1024u;
const WIDTH: u32 = 4u;      // 4 where HW is a multiple of 4, else 1
const MASKED: bool = false;
const FAR: f32 = 0.99;
const SCALE: f32 = 2.0;
const PLANE: u32 = HW / WIDTH;
const UNITS: u32 = C * PLANE; // at most 262,144
const STEPS: u32 = (UNITS + 63u) / 64u;

@group(0) @binding(0) var<storage, read> a: array<vec4<f32>>;         // [N, C, HW]
@group(0) @binding(1) var<storage, read> b: array<vec4<f32>>;         // [N, C, HW]
@group(0) @binding(2) var<storage, read_write> mean: array<f32>;      // [N] of d
@group(0) @binding(3) var<storage, read_write> partials: array<f32>;  // [N]

// @include lane_item.wgsl
// @include join_lanes.wgsl

// Unit u of image n: four differences, or one and three zeros.
fn difference(n: u32, u: u32) -> vec4<f32> {
    let at = n * UNITS + u;
    let depth = (n * C + 3u) * PLANE + u % PLANE;
    var d = vec4<f32>(0.0);
    // @static
    if (WIDTH == 4u) {
        d = a[at] - b[at];
        // @static
        if (MASKED) { d = select(vec4<f32>(0.0), d, b[depth] < vec4<f32>(FAR)); }
    } else {
        d.x = a[at / 4u][at % 4u] - b[at / 4u][at % 4u];
        // @static
        if (MASKED) { d.x = select(0.0, d.x, b[depth / 4u][depth % 4u] < FAR); }
    }
    return d;
}

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let n = group.x;
    let k = difference(n, min(lane_item(lane, 0u), UNITS - 1u));
    var count = 0.0;
    var s = vec4<f32>(0.0);
    var q = vec4<f32>(0.0);
    for (var i = 0u; i < STEPS; i++) {
        let u = lane_item(lane, i);
        if (u < UNITS) {
            let d = difference(n, u) - k;
            count += 1.0;
            s += d;
            q += d * d;
        }
    }
    var counts = vec4<f32>(count);
    // @static
    if (WIDTH == 1u) { counts = vec4<f32>(count, 0.0, 0.0, 0.0); }
    let moments = join_lanes(lane, shifted_moments(counts, k, s, q));
    if (lane == 0u) {
        mean[n] = moments.y;
        partials[n] = SCALE * moments.z / f32(C * HW);
    }
}
