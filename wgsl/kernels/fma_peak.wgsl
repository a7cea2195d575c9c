// y[i] = Σ_c a_c, where a_c ← fma(a_c, m, b) ROUNDS · 16 times over.
//
// Arithmetic and nothing else, to find the most that an adapter can do: 12
// independent chains hide the latency of a multiply-add and still fit the
// registers; the factors are known at run time only.
//
// Dispatch: [n / WORKGROUP, 1, 1].
// Cost: 2 · 12 · 16 · ROUNDS operations and 1 float of traffic an invocation.

const ROUNDS: u32 = 64u;
const WORKGROUP: u32 = 64u;

@group(0) @binding(0) var<storage, read_write> y: array<f32>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    let m = 0.999 + f32(id.x & 7u) * 0.0001;
    let b = 0.001 + f32(id.x & 3u) * 0.0001;
    // @registers
    var a: array<f32, 12>;
    // @unroll
    for (var c = 0u; c < 12u; c++) { a[c] = f32(id.x + c); }
    for (var round = 0u; round < ROUNDS; round++) {
        // @unroll
        for (var k = 0u; k < 16u; k++) {
            // @unroll
            for (var c = 0u; c < 12u; c++) { a[c] = fma(a[c], m, b); }
        }
    }
    var sum = 0.0;
    // @unroll
    for (var c = 0u; c < 12u; c++) { sum += a[c]; }
    y[id.x] = sum;
}
