// dx[n] = (dy − x̂ (x̂ · dy)) / |x|, rows of C with x̂ = x / |x|; where |x|² < 1e-12 the
// length is held at 1e-6, so dx = dy / 1e-6
//
// One workgroup takes one row.
// Dispatch: [N, 1, 1], folded into y.
// Cost: 6 operations, 5 floats of traffic an element.

const N: u32 = 32u;
const C: u32 = 100u;

@group(0) @binding(0) var<storage, read> dy: array<f32>;        // [N, C]
@group(0) @binding(1) var<storage, read> x: array<f32>;         // [N, C]
@group(0) @binding(2) var<storage, read_write> dx: array<f32>;  // [N, C]

var<workgroup> shared_row: vec2<f32>; // 1 / |x|, and x · dy / |x|²

// @include sum_lanes.wgsl

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let n = group.y * groups.x + group.x;
    if (n >= N) { return; }
    var sums = vec2<f32>(0.0);
    for (var c = lane; c < C; c += 64u) {
        let v = x[n * C + c];
        sums += vec2<f32>(v * v, v * dy[n * C + c]);
    }
    let total = sum_pairs(lane, sums);
    if (lane == 0u) {
        shared_row = vec2<f32>(1.0 / sqrt(max(total.x, 1e-12)), select(0.0, total.y / total.x, total.x > 1e-12));
    }
    workgroupBarrier();
    for (var c = lane; c < C; c += 64u) { dx[n * C + c] = (dy[n * C + c] - x[n * C + c] * shared_row.y) * shared_row.x; }
}
