// ring[step index % ROWS, FIRST + k] = s_k[0] for k in 0 … COUNT
//
// Gathers the scalars of a step, so that the host reads a row of them when it
// pleases.
// Dispatch: [1, 1, 1].

const COUNT: u32 = 7u;     // at most 7
const FIRST: u32 = 0u;
const ROWS: u32 = 64u;

// @include step.wgsl
@group(0) @binding(0) var<uniform> step: Step;
@group(0) @binding(1) var<storage, read_write> ring: array<f32>; // [ROWS, 16]
@group(0) @binding(2) var<storage, read> s0: array<f32>;
@group(0) @binding(3) var<storage, read> s1: array<f32>;
@group(0) @binding(4) var<storage, read> s2: array<f32>;
@group(0) @binding(5) var<storage, read> s3: array<f32>;
@group(0) @binding(6) var<storage, read> s4: array<f32>;
@group(0) @binding(7) var<storage, read> s5: array<f32>;
@group(0) @binding(8) var<storage, read> s6: array<f32>;

@compute @workgroup_size(1)
fn main() {
    let at = step.index % ROWS * 16u + FIRST;
    // @static
    if (COUNT > 0u) { ring[at] = s0[0]; }
    // @static
    if (COUNT > 1u) { ring[at + 1u] = s1[0]; }
    // @static
    if (COUNT > 2u) { ring[at + 2u] = s2[0]; }
    // @static
    if (COUNT > 3u) { ring[at + 3u] = s3[0]; }
    // @static
    if (COUNT > 4u) { ring[at + 4u] = s4[0]; }
    // @static
    if (COUNT > 5u) { ring[at + 5u] = s5[0]; }
    // @static
    if (COUNT > 6u) { ring[at + 6u] = s6[0]; }
}
