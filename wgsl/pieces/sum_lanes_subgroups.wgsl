// As sum_lanes.wgsl, by subgroup operations: each subgroup adds up its lanes and leaves the
// sum in the place of one of them, then each adds up all places. Which lanes form a
// subgroup is left open by WGSL, and so is their number, 1 to 128, which may exceed the
// workgroup's: so a lane finds its rank and the number of its fellows by sums.
enable subgroups;
var<workgroup> shared_sums: array<f32, 64>;
var<workgroup> shared_pairs: array<vec2<f32>, 64>;

fn sum_lanes(lane: u32, value: f32) -> f32 {
    let part = subgroupAdd(value);
    shared_sums[lane] = select(0.0, part, subgroupElect());
    workgroupBarrier();
    let count = subgroupAdd(1u);
    var sum = 0.0;
    for (var j = subgroupExclusiveAdd(1u); j < 64u; j += count) { sum += shared_sums[j]; }
    return subgroupAdd(sum);
}

fn sum_pairs(lane: u32, value: vec2<f32>) -> vec2<f32> {
    let part = subgroupAdd(value);
    shared_pairs[lane] = select(vec2<f32>(0.0), part, subgroupElect());
    workgroupBarrier();
    let count = subgroupAdd(1u);
    var sum = vec2<f32>(0.0);
    for (var j = subgroupExclusiveAdd(1u); j < 64u; j += count) { sum += shared_pairs[j]; }
    return subgroupAdd(sum);
}
