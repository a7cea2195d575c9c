// partials[p] = ½ Σ x² over part p
//
// A part is CHUNK consecutive vec4; one workgroup each, lanes added up by sum_lanes.wgsl.
// Dispatch: [parts, 1, 1].
// Cost: 2 operations and a read an element.

const COUNT: u32 = 98304u;
const CHUNK: u32 = 1024u;   // vec4 a workgroup, a multiple of 64
const QUADS: u32 = (COUNT + 3u) / 4u;
const STEPS: u32 = CHUNK / 64u;

@group(0) @binding(0) var<storage, read> x: array<vec4<f32>>;         // [COUNT]
@group(0) @binding(1) var<storage, read_write> partials: array<f32>;  // [parts]

// @include lane_item.wgsl
// @include sum_lanes.wgsl

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let first = group.x * CHUNK;
    var sum = vec4<f32>(0.0);
    for (var i = 0u; i < STEPS; i++) {
        let u = first + lane_item(lane, i);
        if (u < QUADS) {
            var e = x[u] * x[u];
            // @static
            if (COUNT % 4u != 0u) {
                e = select(vec4<f32>(0.0), e, vec4<u32>(u * 4u) + vec4<u32>(0u, 1u, 2u, 3u) < vec4<u32>(COUNT));
            }
            sum += e;
        }
    }
    let total = sum_lanes(lane, dot(sum, vec4<f32>(0.5)));
    if (lane == 0u) { partials[group.x] = total; }
}
