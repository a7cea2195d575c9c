// pixels[n,r,s,c] = the byte nearest to 255 · (x[n,c,r,s] + 1) / 2, within 0 … 255
//
// Channels interleaved, as image files have them: OUT_C = 3 for RGB, 4 for RGB
// and an opaque alpha; a single channel is repeated, a fourth left out. One
// invocation packs four bytes.
// Dispatch: [ceil(N · HW · OUT_C / 256), 1, 1], folded into y.
// Cost: 4 bytes read and one written an element.

const N: u32 = 32u;
const C: u32 = 3u;          // 1, 3 or 4
const HW: u32 = 1024u;
const OUT_C: u32 = 4u;
const BYTES: u32 = N * HW * OUT_C;

@group(0) @binding(0) var<storage, read> x: array<f32>;              // [N, C, HW]
@group(0) @binding(1) var<storage, read_write> pixels: array<u32>;   // [N, HW, OUT_C] bytes

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let i = (group.y * groups.x + group.x) * 64u + lane;
    if (i >= (BYTES + 3u) / 4u) { return; }
    var word = 0u;
    // @unroll
    for (var j = 0u; j < 4u; j++) {
        let at = min(i * 4u + j, BYTES - 1u);
        let c = at % OUT_C;
        let n = at / (OUT_C * HW);
        var u = 255.0;
        if (c < 3u) { u = x[(n * C + min(c, C - 1u)) * HW + at / OUT_C % HW] * 127.5 + 127.5; }
        word = word | (u32(clamp(floor(u + 0.5), 0.0, 255.0)) << (j * 8u));
    }
    pixels[i] = word;
}
