// dx = dy where x is positive, else slope · dy, and partials[p] = Σ dy · min(x, 0)
// over part p, which add up to the slope's gradient
//
// A part is CHUNK consecutive vec4; one workgroup each, lanes added up by sum_lanes.wgsl.
// Dispatch: [parts, 1, 1].
// Cost: 5 operations and 3 floats of traffic an element.

const COUNT: u32 = 98304u;
const CHUNK: u32 = 1024u;   // vec4 a workgroup, a multiple of 64
const QUADS: u32 = (COUNT + 3u) / 4u;
const STEPS: u32 = CHUNK / 64u;

@group(0) @binding(0) var<storage, read> dy: array<vec4<f32>>;        // [COUNT]
@group(0) @binding(1) var<storage, read> x: array<vec4<f32>>;         // [COUNT]
@group(0) @binding(2) var<storage, read> slope: array<f32>;           // [1]
@group(0) @binding(3) var<storage, read_write> dx: array<vec4<f32>>;  // [COUNT]
@group(0) @binding(4) var<storage, read_write> partials: array<f32>;  // [parts]

// @include lane_item.wgsl
// @include sum_lanes.wgsl

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let first = group.x * CHUNK;
    let zero = vec4<f32>(0.0);
    var sum = zero;
    for (var i = 0u; i < STEPS; i++) {
        let u = first + lane_item(lane, i);
        if (u < QUADS) {
            let g = dy[u];
            let v = x[u];
            dx[u] = select(slope[0] * g, g, v > zero);
            var lost = g * min(v, zero);
            // @static
            if (COUNT % 4u != 0u) {
                lost = select(zero, lost, vec4<u32>(u * 4u) + vec4<u32>(0u, 1u, 2u, 3u) < vec4<u32>(COUNT));
            }
            sum += lost;
        }
    }
    let total = sum_lanes(lane, dot(sum, vec4<f32>(1.0)));
    if (lane == 0u) { partials[group.x] = total; }
}
