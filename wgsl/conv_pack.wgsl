// packed[b] = (b · BLOCK, 0, 0, 0) and then the weights of a block
// Rearranges convolution weights [OUT_C, IN_C, TAPS] for the kernels that read
// them: blocks of BLOCK output channels, within one [input channel][tap][output
// channel], or [input channel][output channel][tap] if TAPS_LAST; the last block
// is filled up with zeros. A block begins with its first
// output channel and is padded to BLOCK_VEC4, so that it can be bound alone.
// TRANSPOSE swaps the channels' roles and turns the taps around: the weights of
// the data gradient.
//
// Dispatch: [ceil(BLOCKS · BLOCK_VEC4 / 64), 1, 1], folded into y.
const OUT_C: u32 = 64u;      // of the packed weights' convolution
const IN_C: u32 = 64u;
const TAPS: u32 = 9u;        // kernel height × width
const BLOCK: u32 = 16u;      // output channels a block, a multiple of 4
const BLOCK_VEC4: u32 = 2320u;
const BLOCKS: u32 = 4u;
const TRANSPOSE: bool = false;
const TAPS_LAST: bool = false;
const BODY: u32 = IN_C * TAPS * (BLOCK / 4u);

@group(0) @binding(0) var<storage, read> w: array<f32>;
@group(0) @binding(1) var<storage, read_write> pack: array<vec4<f32>>;

fn weight(o: u32, i: u32, t: u32) -> f32 {
    if (o >= OUT_C) {
        return 0.0;
    }
    // @static
    if (TRANSPOSE) {
        return w[(i * OUT_C + o) * TAPS + (TAPS - 1u - t)];
    } else {
        return w[(o * IN_C + i) * TAPS + t];
    }
}

// element is number f of a block's weights.
fn element(b: u32, f: u32) -> f32 {
    let i = f / (TAPS * BLOCK);
    // @static
    if (TAPS_LAST) {
        return weight(b * BLOCK + (f / TAPS) % BLOCK, i, f % TAPS);
    } else {
        return weight(b * BLOCK + f % BLOCK, i, (f / BLOCK) % TAPS);
    }
}

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let at = (group.y * groups.x + group.x) * 64u + lane;
    if (at >= BLOCKS * BLOCK_VEC4) {
        return;
    }
    let b = at / BLOCK_VEC4;
    let e = at % BLOCK_VEC4;
    if (e == 0u) {
        pack[at] = vec4<f32>(f32(b * BLOCK), 0.0, 0.0, 0.0);
        return;
    }
    if (e > BODY) {
        pack[at] = vec4<f32>(0.0);
        return;
    }
    let f = (e - 1u) * 4u;
    pack[at] = vec4<f32>(element(b, f), element(b, f + 1u), element(b, f + 2u), element(b, f + 3u));
}
