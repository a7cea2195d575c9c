// Finds the four tiles of an invocation: the channel c or the first of DEPTH, the quad, its
// image n and the first output's row and column. A piece of winograd_input.wgsl and winograd_output.wgsl;
// invocations beyond the last repeat it.
let item = min((group.y * groups.x + group.x) * 64u + lane, C / DEPTH * QUADS - 1u);
let c = item / QUADS * DEPTH;
let quad = item % QUADS;
let n = quad / u32(TILES_Y * QUADS_X);
let top = i32(quad / u32(QUADS_X)) % TILES_Y * 4;
let left = i32(quad) % QUADS_X * 16;
