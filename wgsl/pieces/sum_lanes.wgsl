// The sum of a number, or of a pair, over the 64 lanes of a workgroup, for lane
// 0; once in a kernel. Two rounds of eight cost a CPU driver less than six of
// two, and a GPU no more.
var<workgroup> shared_sums: array<f32, 64>;
var<workgroup> shared_pairs: array<vec2<f32>, 64>;

fn sum_lanes(lane: u32, value: f32) -> f32 {
    shared_sums[lane] = value;
    workgroupBarrier();
    if (lane < 8u) {
        for (var j = lane + 8u; j < 64u; j += 8u) { shared_sums[lane] += shared_sums[j]; }
    }
    workgroupBarrier();
    var sum = 0.0;
    if (lane == 0u) {
        for (var j = 0u; j < 8u; j++) { sum += shared_sums[j]; }
    }
    return sum;
}

fn sum_pairs(lane: u32, value: vec2<f32>) -> vec2<f32> {
    shared_pairs[lane] = value;
    workgroupBarrier();
    if (lane < 8u) {
        for (var j = lane + 8u; j < 64u; j += 8u) { shared_pairs[lane] += shared_pairs[j]; }
    }
    workgroupBarrier();
    var sum = vec2<f32>(0.0);
    if (lane == 0u) {
        for (var j = 0u; j < 8u; j++) { sum += shared_pairs[j]; }
    }
    return sum;
}
