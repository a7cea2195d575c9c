// dx[n] = Σ_c dy[n, c]: the gradient of one channel repeated
//
// One invocation writes four elements: a vec4 where HW is a multiple of 4, else
// four gathered.
// Dispatch: [ceil(N · HW / 256), 1, 1], folded into y.
// Cost: C adds, C + 1 floats of traffic an element.

const N: u32 = 32u;
const C: u32 = 3u;
const HW: u32 = 1024u;
const QUADS: u32 = (N * HW + 3u) / 4u;

@group(0) @binding(0) var<storage, read> dy: array<vec4<f32>>;       // [N, C, HW]
@group(0) @binding(1) var<storage, read_write> dx: array<vec4<f32>>; // [N, HW]

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let i = (group.y * groups.x + group.x) * 64u + lane;
    if (i >= QUADS) { return; }
    var sum = vec4<f32>(0.0);
    for (var c = 0u; c < C; c++) {
        // @static
        if (HW % 4u == 0u) {
            sum += dy[((i * 4u / HW * C + c) * HW + i * 4u % HW) / 4u];
        } else {
            // @unroll
            for (var j = 0u; j < 4u; j++) {
                let n = min((i * 4u + j) / HW, N - 1u); // the last quad may reach beyond
                let at = (n * C + c) * HW + (i * 4u + j) % HW;
                sum[j] += dy[at / 4u][at % 4u];
            }
        }
    }
    dx[i] = sum;
}
