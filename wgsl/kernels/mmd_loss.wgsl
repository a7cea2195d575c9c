// loss = max(FLOOR, Σ partials)
//
// One workgroup; each lane takes every 64th part.
// Dispatch: [1, 1, 1].

const PARTS: u32 = 64u;
const FLOOR: f32 = 1e-4;

@group(0) @binding(0) var<storage, read> partials: array<f32>;    // [PARTS]
@group(0) @binding(1) var<storage, read_write> loss: array<f32>;  // [1]

// @include sum_lanes.wgsl

@compute @workgroup_size(64)
fn main(@builtin(local_invocation_index) lane: u32) {
    var sum = 0.0;
    for (var p = lane; p < PARTS; p += 64u) { sum += partials[p]; }
    let total = sum_lanes(lane, sum);
    if (lane == 0u) { loss[0] = max(FLOOR, total); }
}
