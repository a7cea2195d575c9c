// As join_lanes.wgsl, by subgroup operations as in sum_lanes_subgroups.wgsl: Σ(x − mean)²
// of a whole is that of the parts plus that of their means, each as often as it counts.
enable subgroups;
// @include moments.wgsl
var<workgroup> shared_moments: array<vec3<f32>, 64>;

fn join_subgroup(moments: vec3<f32>) -> vec3<f32> {
    let n = subgroupAdd(moments.x);
    let k = subgroupBroadcastFirst(moments.y); // means about one of them keep their last bits
    let mean = k + subgroupAdd(moments.x * (moments.y - k)) / max(n, 1.0);
    let d = moments.y - mean;
    return vec3<f32>(n, mean, subgroupAdd(moments.z + moments.x * d * d));
}

fn join_lanes(lane: u32, moments: vec3<f32>) -> vec3<f32> {
    let part = join_subgroup(moments);
    shared_moments[lane] = select(vec3<f32>(0.0), part, subgroupElect());
    workgroupBarrier();
    let count = subgroupAdd(1u);
    var all = vec3<f32>(0.0);
    for (var j = subgroupExclusiveAdd(1u); j < 64u; j += count) { all = join_moments(all, shared_moments[j]); }
    return join_subgroup(all);
}
