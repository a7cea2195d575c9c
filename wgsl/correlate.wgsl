// s[p,f,o,i] = Σ_t e[f,o,t] v[f,i,t], the products in a weight gradient by Winograd's
// algorithm (winograd_input.wgsl) of gradients e and inputs v transformed, in each of the
// 36 f. Part p sums CHUNK quads of tiles.
//
// For CPU drivers: an invocation makes TILE_O × TILE_I of the products, so that a load
// serves that many.
// Dispatch: (⌈lanes / WORKGROUP⌉, PARTS, f), with a lane for each block of products.
const OUT_C: u32 = 64u;
const IN_C: u32 = 64u;
const TILE_O: u32 = 16u;
const TILE_I: u32 = 16u;
const QUADS: u32 = 128u;
const CHUNK: u32 = 64u;        // even, if not all
const STRIDE: u32 = 132u;      // vec4 of t from a channel to the next
const STEP: u32 = 1u;          // quads a load takes: 2 where e and v are stored as halves
const WORKGROUP: u32 = 16u;
const HALF: bool = STEP == 2u;
const BLOCKS_I: u32 = (IN_C + TILE_I - 1u) / TILE_I;
const LANES: u32 = (OUT_C + TILE_O - 1u) / TILE_O * BLOCKS_I;

@group(0) @binding(0) var<storage, read> e: array<vec4<f32>>;      // [f, OUT_C, STRIDE]
@group(0) @binding(1) var<storage, read> v: array<vec4<f32>>;      // [f, IN_C, STRIDE]
@group(0) @binding(3) var<storage, read> e_half: array<vec4<u32>>;
@group(0) @binding(4) var<storage, read> v_half: array<vec4<u32>>;
@group(0) @binding(2) var<storage, read_write> s: array<f32>;      // [PARTS, f, OUT_C, IN_C]

// @include half.wgsl

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(local_invocation_index) lane: u32, @builtin(workgroup_id) group: vec3<u32>) {
    let item = min(group.x * WORKGROUP + lane, LANES - 1u);
    let o0 = item / BLOCKS_I * TILE_O;
    let i0 = item % BLOCKS_I * TILE_I;
    let f = group.z;
    // @registers
    var row_e: array<u32, TILE_O>;
    // @unroll
    for (var o = 0u; o < TILE_O; o++) {
        row_e[o] = (f * OUT_C + min(o0 + o, OUT_C - 1u)) * STRIDE;
    }
    // @registers
    var row_v: array<u32, TILE_I>;
    // @unroll
    for (var i = 0u; i < TILE_I; i++) {
        row_v[i] = (f * IN_C + min(i0 + i, IN_C - 1u)) * STRIDE;
    }
    // @registers
    var acc: array<f32, TILE_O * TILE_I>;
    // Behind an odd number of quads nothing was stored.
    for (var t = group.y * CHUNK; t < min((group.y + 1u) * CHUNK, QUADS); t += STEP) {
        // @registers
        var b: array<vec4<f32>, TILE_I * STEP>;
        // @unroll
        for (var i = 0u; i < TILE_I; i++) {
            // @static
            if (HALF) {
                let eight = v_half[(row_v[i] + t) / 2u];
                b[i * STEP] = unpack4(eight.xy);
                b[i * STEP + STEP - 1u] = select(unpack4(eight.zw), vec4<f32>(0.0), QUADS % 2u == 1u && t + 1u == QUADS);
            } else {
                b[i] = v[row_v[i] + t];
            }
        }
        // @unroll
        for (var o = 0u; o < TILE_O; o++) {
            // @registers
            var a: array<vec4<f32>, STEP>;
            // @static
            if (HALF) {
                let eight = e_half[(row_e[o] + t) / 2u];
                a[0] = unpack4(eight.xy);
                a[STEP - 1u] = select(unpack4(eight.zw), vec4<f32>(0.0), QUADS % 2u == 1u && t + 1u == QUADS);
            } else {
                a[0] = e[row_e[o] + t];
            }
            // @unroll
            for (var i = 0u; i < TILE_I; i++) {
                // @unroll
                for (var q = 0u; q < STEP; q++) {
                    acc[o * TILE_I + i] = acc[o * TILE_I + i] + a[q].x * b[i * STEP + q].x + a[q].y * b[i * STEP + q].y + a[q].z * b[i * STEP + q].z + a[q].w * b[i * STEP + q].w;
                }
            }
        }
    }
    // @unroll
    for (var o = 0u; o < TILE_O; o++) {
        // @unroll
        for (var i = 0u; i < TILE_I; i++) {
            if (o0 + o < OUT_C && i0 + i < IN_C) {
                s[((group.y * 36u + f) * OUT_C + o0 + o) * IN_C + i0 + i] = acc[o * TILE_I + i];
            }
        }
    }
}
