// sums[c] = Σ_p partials[p, c] = (Σ g, Σ g · x̂), which are also the gradients of
// beta and gamma; with ACCUMULATE they are added to what those hold.
// One invocation takes one channel.
// Dispatch: [ceil(C / 64), 1, 1].

const C: u32 = 64u;
const PARTS: u32 = 8u;
const GAMMA: bool = false;
const ACCUMULATE: bool = false;

@group(0) @binding(0) var<storage, read> partials: array<vec2<f32>>;    // [PARTS, C]
@group(0) @binding(1) var<storage, read_write> sums: array<vec2<f32>>;  // [C]
@group(0) @binding(2) var<storage, read_write> dbeta: array<f32>;       // [C]
@group(0) @binding(3) var<storage, read_write> dgamma: array<f32>;      // [C]

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
    // @static
    if (GAMMA) {
        // @static
        if (ACCUMULATE) { sum.y += dgamma[c]; }
        dgamma[c] = sum.y;
    }
}
