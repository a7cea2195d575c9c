// The moments of all 64 lanes of a workgroup, for lane 0, in two rounds of eight.
// @include moments.wgsl
var<workgroup> shared_moments: array<vec3<f32>, 64>;

fn join_lanes(lane: u32, moments: vec3<f32>) -> vec3<f32> {
    shared_moments[lane] = moments;
    workgroupBarrier();
    if (lane < 8u) {
        for (var j = lane + 8u; j < 64u; j += 8u) {
            shared_moments[lane] = join_moments(shared_moments[lane], shared_moments[j]);
        }
    }
    workgroupBarrier();
    var all = shared_moments[0];
    if (lane == 0u) {
        for (var j = 1u; j < 8u; j++) { all = join_moments(all, shared_moments[j]); }
    }
    return all;
}
