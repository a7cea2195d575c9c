// s[p,f,o,i] = Σ_t e[f,o,t] v[f,i,t], the products in a weight gradient: by Winograd's
// algorithm (winograd_input.wgsl) of gradients e and inputs v transformed, in each of 36
// frequencies; or, TAPS, of a gradient e that is the same for all f and the inputs that
// each tap f meets (conv_unfold.wgsl), with f behind the channels in s. Part p sums CHUNK
// tiles or pixels.
//
// For CPU drivers: an invocation makes TILE_O × TILE_I of the products. A vec4 holds four
// channels of a tile, so that two loads serve 16 products.
// Dispatch: (⌈LANES / WORKGROUP⌉, FREQUENCIES), with a lane for each block of products of a part.
const FREQUENCIES: u32 = 36u;
const TAPS: bool = false;
const OUT_C: u32 = 64u;        // a multiple of 4
const IN_C: u32 = 64u;         // a multiple of 4
const TILE_O: u32 = 32u;       // a multiple of 4
const TILE_I: u32 = 32u;       // a multiple of 4
const TILES: u32 = 1024u;      // even
const CHUNK: u32 = 512u;       // even
const PARTS: u32 = 2u;
const STRIDE: u32 = 1040u;     // vec4 from four channels of e and v to the next
const HALF: bool = false;      // e and v are stored as halves
const WORKGROUP: u32 = 8u;
const BLOCKS_I: u32 = (IN_C + TILE_I - 1u) / TILE_I;
const BLOCKS: u32 = (OUT_C + TILE_O - 1u) / TILE_O * BLOCKS_I;
const LANES: u32 = BLOCKS * PARTS;

@group(0) @binding(0) var<storage, read> e: array<vec4<f32>>;      // [FREQUENCIES or 1, OUT_C / 4, STRIDE]
@group(0) @binding(1) var<storage, read> v: array<vec4<f32>>;      // [FREQUENCIES, IN_C / 4, STRIDE]
@group(0) @binding(3) var<storage, read> e_half: array<vec4<u32>>; // two tiles each
@group(0) @binding(4) var<storage, read> v_half: array<vec4<u32>>;
@group(0) @binding(2) var<storage, read_write> s: array<f32>;      // [PARTS, FREQUENCIES, OUT_C, IN_C], with TAPS [PARTS, OUT_C, IN_C, FREQUENCIES]

// @include half.wgsl

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(local_invocation_index) lane: u32, @builtin(workgroup_id) group: vec3<u32>) {
    let item = min(group.x * WORKGROUP + lane, LANES - 1u);
    let part = item / BLOCKS;
    let o0 = item % BLOCKS / BLOCKS_I * TILE_O;
    let i0 = item % BLOCKS_I * TILE_I;
    let f = group.y;
    // @registers
    var row_e: array<u32, TILE_O / 4u>;
    // @unroll
    for (var o = 0u; o < TILE_O / 4u; o++) {
        row_e[o] = (select(f, 0u, TAPS) * (OUT_C / 4u) + min(o0 / 4u + o, OUT_C / 4u - 1u)) * STRIDE;
    }
    // @registers
    var row_v: array<u32, TILE_I / 4u>;
    // @unroll
    for (var i = 0u; i < TILE_I / 4u; i++) {
        row_v[i] = (f * (IN_C / 4u) + min(i0 / 4u + i, IN_C / 4u - 1u)) * STRIDE;
    }
    // @registers
    var acc: array<vec4<f32>, TILE_O * TILE_I / 4u>;
    // Two tiles a turn, so that a sum is read and written once for two products.
    for (var t = part * CHUNK; t < min((part + 1u) * CHUNK, TILES); t += 2u) {
        // @registers
        var b: array<vec4<f32>, TILE_I / 2u>;
        // @unroll
        for (var i = 0u; i < TILE_I / 4u; i++) {
            // @static
            if (HALF) {
                let both = v_half[(row_v[i] + t) / 2u];
                b[2u * i] = unpack4(both.xy);
                b[2u * i + 1u] = unpack4(both.zw);
            } else {
                b[2u * i] = v[row_v[i] + t];
                b[2u * i + 1u] = v[row_v[i] + t + 1u];
            }
        }
        // @unroll
        for (var o = 0u; o < TILE_O / 4u; o++) {
            // @registers
            var a: array<vec4<f32>, 2>;
            // @static
            if (HALF) {
                let both = e_half[(row_e[o] + t) / 2u];
                a[0] = unpack4(both.xy);
                a[1] = unpack4(both.zw);
            } else {
                a[0] = e[row_e[o] + t];
                a[1] = e[row_e[o] + t + 1u];
            }
            // @unroll
            for (var k = 0u; k < 4u; k++) {
                // @unroll
                for (var i = 0u; i < TILE_I / 4u; i++) {
                    acc[(4u * o + k) * (TILE_I / 4u) + i] = acc[(4u * o + k) * (TILE_I / 4u) + i] + a[0][k] * b[2u * i] + a[1][k] * b[2u * i + 1u];
                }
            }
        }
    }
    // @unroll
    for (var o = 0u; o < TILE_O; o++) {
        // @unroll
        for (var i = 0u; i < TILE_I; i++) {
            if (o0 + o < OUT_C && i0 + i < IN_C) {
                // @static
                if (TAPS) {
                    s[((part * OUT_C + o0 + o) * IN_C + i0 + i) * FREQUENCIES + f] = acc[o * (TILE_I / 4u) + i / 4u][i % 4u];
                } else {
                    s[((part * FREQUENCIES + f) * OUT_C + o0 + o) * IN_C + i0 + i] = acc[o * (TILE_I / 4u) + i / 4u][i % 4u];
                }
            }
        }
    }
}
