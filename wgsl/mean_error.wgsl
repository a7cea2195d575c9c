// partials[p] = 1/COUNT · Σ f(a − b) over part p, with f(d) = d², max(0, d² − MARGIN)
// or max(0, |d| − MARGIN)
//
// A part is CHUNK consecutive vec4; one workgroup each, lanes joined by a tree.
// Dispatch: [parts, 1, 1].
// Cost: 3 operations and 2 reads an element.

const COUNT: u32 = 98304u;
const CHUNK: u32 = 1024u;   // vec4 a workgroup
const SQUARED: bool = true; // else absolute
const MARGIN: f32 = 0.0;
const QUADS: u32 = (COUNT + 3u) / 4u;

@group(0) @binding(0) var<storage, read> a: array<vec4<f32>>;         // [COUNT]
@group(0) @binding(1) var<storage, read> b: array<vec4<f32>>;         // [COUNT]
@group(0) @binding(2) var<storage, read_write> partials: array<f32>;  // [parts]

var<workgroup> shared_sums: array<f32, 64>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let first = group.x * CHUNK;
    var sum = vec4<f32>(0.0);
    for (var u = first + lane; u < min(first + CHUNK, QUADS); u += 64u) {
        let d = a[u] - b[u];
        var e = vec4<f32>(0.0);
        // @static
        if (SQUARED) { e = d * d; } else { e = abs(d); }
        e = max(e - MARGIN, vec4<f32>(0.0));
        // @static
        if (COUNT % 4u != 0u) {
            e = select(vec4<f32>(0.0), e, vec4<u32>(u * 4u) + vec4<u32>(0u, 1u, 2u, 3u) < vec4<u32>(COUNT));
        }
        sum += e;
    }
    shared_sums[lane] = dot(sum, vec4<f32>(1.0));
    workgroupBarrier();
    for (var half = 32u; half > 0u; half = half / 2u) {
        if (lane < half) { shared_sums[lane] += shared_sums[lane + half]; }
        workgroupBarrier();
    }
    if (lane == 0u) { partials[group.x] = shared_sums[0] / f32(COUNT); }
}
