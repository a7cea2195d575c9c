// partials[0, c] = mean and Σ(x − mean)² over the N rows of feature c of [N, C]
//
// Where a map is one pixel, neighbouring invocations take neighbouring
// features, and each walks down its column twice.
// Dispatch: [ceil(C / 64), 1, 1].
// Cost: 4 operations and one read (a second from the cache) an element.

const N: u32 = 32u;     // at most 4,096
const C: u32 = 1024u;

@group(0) @binding(0) var<storage, read> x: array<f32>;                    // [N, C]
@group(0) @binding(1) var<storage, read_write> partials: array<vec2<f32>>; // [1, C]

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    let c = id.x;
    if (c >= C) { return; }
    let k = x[c]; // sums about the first row keep their last bits
    var sum = 0.0;
    for (var n = 1u; n < N; n++) { sum += x[n * C + c] - k; }
    let mean = k + sum / f32(N);
    var m2 = 0.0;
    for (var n = 0u; n < N; n++) {
        let v = x[n * C + c] - mean;
        m2 += v * v;
    }
    partials[c] = vec2<f32>(mean, m2);
}
