// sums[c] = Σ_p partials[p, c] = (Σ g, Σ g · x̂), whose first is also the
// gradient of beta; with ACCUMULATE it is added to what that holds.
// One invocation takes one channel.
// Dispatch: [ceil(C / 64), 1, 1].

const C: u32 = 64u;
const PARTS: u32 = 8u;
const ACCUMULATE: bool = false;

@group(0) @binding(0) var<storage, read> partials: array<vec2<f32>>;    // [PARTS, C]
@group(0) @binding(1) var<storage, read_write> sums: array<vec2<f32>>;  // [C]
@group(0) @binding(2) var<storage, read_write> dbeta: array<f32>;       // [C]

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    let c = id.x;
    if (c >= C) { return; }
    var sum = vec2<f32>(0.0);
    for (var p = 0u; p < PARTS; p++) { sum += partials[p * C + c]; }
    sums[c] = sum;
    // @static
    if (ACCUMULATE) { sum.x += dbeta[c]; }
    dbeta[c] = sum.x;
}
