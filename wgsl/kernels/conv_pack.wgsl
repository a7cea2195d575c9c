// Rearranges convolution weights [OUT_C, IN_C, TAPS] for the kernels that read
// them: blocks of BLOCK output channels, within one [input channel][tap][output
// channel], or [input channel][output channel][tap] if TAPS_LAST. There are such blocks for
// every CHANNELS input channels. What the last blocks have too much is zeros.
// A block begins with its first output and its first input channel and is padded
// to BLOCK_VEC4, so that it can be bound alone.
// TRANSPOSE swaps the channels' roles and turns the taps around: the weights of
// the data gradient.
//
// Dispatch: [ceil(ALL · BLOCK_VEC4 / 64), 1, 1], folded into y.
const OUT_C: u32 = 64u;      // of the packed weights' convolution
const IN_C: u32 = 64u;
const CHANNELS: u32 = 64u;   // input channels a block
const TAPS: u32 = 9u;        // kernel height × width
const BLOCK: u32 = 16u;      // output channels a block, a multiple of 4
const BLOCK_VEC4: u32 = 2320u;
const BLOCKS: u32 = 4u;       // of the output channels
const TRANSPOSE: bool = false;
const TAPS_LAST: bool = false;
const ALL: u32 = (IN_C + CHANNELS - 1u) / CHANNELS * BLOCKS;
const BODY: u32 = CHANNELS * TAPS * (BLOCK / 4u);

@group(0) @binding(0) var<storage, read> w: array<f32>;
@group(0) @binding(1) var<storage, read_write> pack: array<vec4<f32>>;

fn weight(o: u32, i: u32, t: u32) -> f32 {
    if (o >= OUT_C || i >= IN_C) {
        return 0.0;
    }
    // @static
    if (TRANSPOSE) {
        return w[(i * OUT_C + o) * TAPS + (TAPS - 1u - t)];
    } else {
        return w[(o * IN_C + i) * TAPS + t];
    }
}

// element is number f of the weights of a block with first channels o and i.
fn element(o: u32, i: u32, f: u32) -> f32 {
    // @static
    if (TAPS_LAST) {
        return weight(o + (f / TAPS) % BLOCK, i + f / (TAPS * BLOCK), f % TAPS);
    } else {
        return weight(o + f % BLOCK, i + f / (TAPS * BLOCK), (f / BLOCK) % TAPS);
    }
}

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let at = (group.y * groups.x + group.x) * 64u + lane;
    if (at >= ALL * BLOCK_VEC4) {
        return;
    }
    let b = at / BLOCK_VEC4;
    let e = at % BLOCK_VEC4;
    let o = b % BLOCKS * BLOCK;
    let i = b / BLOCKS * CHANNELS;
    if (e == 0u) {
        pack[at] = vec4<f32>(f32(o), f32(i), 0.0, 0.0);
        return;
    }
    if (e > BODY) {
        pack[at] = vec4<f32>(0.0);
        return;
    }
    let f = (e - 1u) * 4u;
    pack[at] = vec4<f32>(element(o, i, f), element(o, i, f + 1u), element(o, i, f + 2u), element(o, i, f + 3u));
}
