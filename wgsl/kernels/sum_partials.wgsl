// out[i] = Σ_s partials[s, i]  (+ out[i] with ACCUMULATE)
//
// The last stage of every split reduction: weight, bias and statistics sums.
// An invocation adds up four neighbouring elements in the order of s. Rows that
// are no multiple of four floats are gathered; what lies beyond the last
// element becomes zero.
// Dispatch: [ceil(LENGTH / 256), 1, 1], folded into y.
// Cost: COUNT · LENGTH adds, (COUNT + 1) · LENGTH floats of traffic.

const COUNT: u32 = 8u;           // partial sums of each element, at most 4,096
const LENGTH: u32 = 256u;        // elements
const ACCUMULATE: bool = false;  // add to what out holds
const QUADS: u32 = (LENGTH + 3u) / 4u;

@group(0) @binding(0) var<storage, read> partials: array<vec4<f32>>;  // [COUNT, LENGTH]
@group(0) @binding(1) var<storage, read_write> out: array<vec4<f32>>; // [LENGTH]

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let i = (group.y * groups.x + group.x) * 64u + lane;
    if (i >= QUADS) { return; }
    var sum = vec4<f32>(0.0);
    // @static
    if (ACCUMULATE) { sum = out[i]; }
    for (var s = 0u; s < COUNT; s++) {
        // @static
        if (LENGTH % 4u == 0u) {
            sum += partials[s * QUADS + i];
        } else {
            // @unroll
            for (var j = 0u; j < 4u; j++) {
                if (i * 4u + j < LENGTH) {
                    let at = s * LENGTH + i * 4u + j;
                    sum[j] += partials[at / 4u][at % 4u];
                }
            }
        }
    }
    out[i] = sum;
}
