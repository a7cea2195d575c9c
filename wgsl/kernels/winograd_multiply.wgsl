// m[f,o,t] = Σ_i u[f,i,o] v[f,i,t], the products in the middle of Winograd's
// convolution (winograd_input.wgsl), in each of the 36 f.
//
// For CPU drivers, which gather lane by lane unless an address is constant and (lavapipe) no
// loop or branch is around the load, so that a load costs more than the products it serves:
// the weights of BLOCK output channels go to workgroup memory, from there at constant
// addresses into IN_C · BLOCK / 4 variables, and then TURNS tiles pass by each lane. A vec4
// holds four channels of a tile, so that a load serves 4 · BLOCK products.
// Dispatch: (⌈TILES / (WORKGROUP · TURNS)⌉, blocks of output channels, f).
const IN_C: u32 = 64u;         // a multiple of 4
const OUT_C: u32 = 64u;        // a multiple of 4
const BLOCK: u32 = 32u;        // a multiple of 8
const BLOCKS: u32 = 2u;
const HALF: bool = false;      // v and u are stored as halves
const STRIDE: u32 = 1040u;     // vec4 from four channels of v and m to the next
const TILES: u32 = 1024u;
const TURNS: u32 = 64u;
const WORKGROUP: u32 = 8u;
const WEIGHTS: u32 = IN_C * BLOCK / 4u;

@group(0) @binding(0) var<storage, read> v: array<vec4<f32>>;       // [f, IN_C / 4, STRIDE]
@group(0) @binding(1) var<storage, read> u: array<vec4<f32>>;       // [f, BLOCKS, IN_C, BLOCK]
@group(0) @binding(3) var<storage, read> v_half: array<vec2<u32>>;
@group(0) @binding(4) var<storage, read> u_half: array<vec2<u32>>;
@group(0) @binding(2) var<storage, read_write> m: array<vec4<f32>>; // [f, OUT_C / 4, STRIDE]

// @include half.wgsl

var<workgroup> shared_w: array<vec4<f32>, WEIGHTS>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(local_invocation_index) lane: u32, @builtin(workgroup_id) group: vec3<u32>) {
    let f = group.z;
    let weights = (f * BLOCKS + group.y) * WEIGHTS;
    for (var i = lane; i < WEIGHTS; i += WORKGROUP) {
        // @static
        if (HALF) {
            shared_w[i] = unpack4(u_half[weights + i]);
        } else {
            shared_w[i] = u[weights + i];
        }
    }
    workgroupBarrier();
    // @registers
    var w: array<vec4<f32>, WEIGHTS>;
    // @unroll
    for (var i = 0u; i < WEIGHTS; i++) {
        w[i] = shared_w[i];
    }
    for (var turn = 0u; turn < TURNS; turn++) {
        let t = min((group.x * TURNS + turn) * WORKGROUP + lane, TILES - 1u);
        // @registers
        var acc: array<vec4<f32>, BLOCK / 4u>;
        // @unroll
        for (var o = 0u; o < BLOCK / 4u; o++) {
            acc[o] = vec4<f32>(0.0); // naga clears them before the loop alone
        }
        // @unroll
        for (var i = 0u; i < IN_C / 4u; i++) {
            var d = vec4<f32>(0.0);
            // @static
            if (HALF) {
                d = unpack4(v_half[(f * (IN_C / 4u) + i) * STRIDE + t]);
            } else {
                d = v[(f * (IN_C / 4u) + i) * STRIDE + t];
            }
            // @unroll
            for (var k = 0u; k < 4u; k++) {
                // @unroll
                for (var o = 0u; o < BLOCK / 4u; o++) {
                    acc[o] = acc[o] + w[(4u * i + k) * (BLOCK / 4u) + o] * d[k];
                }
            }
        }
        // @unroll
        for (var o = 0u; o < BLOCK / 4u; o++) {
            if (group.y * BLOCK + 4u * o < OUT_C) {
                m[(f * (OUT_C / 4u) + group.y * (BLOCK / 4u) + o) * STRIDE + t] = acc[o];
            }
        }
    }
}
