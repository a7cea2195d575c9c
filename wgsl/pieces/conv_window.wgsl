// Finds the rows and columns of x that a patch needs: ROWS × COLS of them, from
// (iy + FIRST_Y, ix + FIRST_X) on, in loads of UNIT columns. Where a row or a load
// lies outside x it is moved inside, to be masked. A piece of a function, as are
// conv_patch.wgsl and conv_mask.wgsl; ix is a multiple of UNIT.
const UNIT_FIRST: i32 = (FIRST_X + 64 * UNIT) / UNIT - 64;
const UNITS: i32 = (FIRST_X + COLS - 1 + 64 * UNIT) / UNIT - 64 - UNIT_FIRST + 1;
// @registers
var row: array<i32, ROWS>;
// @registers
var inside_y: array<f32, ROWS>;
// @unroll
for (var r = 0; r < ROWS; r++) {
    row[r] = clamp(iy + FIRST_Y + r, 0, IN_H - 1) * IN_W;
    inside_y[r] = select(0.0, 1.0, iy + FIRST_Y + r >= 0 && iy + FIRST_Y + r < IN_H);
}
// @registers
var column: array<i32, UNITS>;
// @registers
var inside_x: array<f32, UNITS>;
// @unroll
for (var u = 0; u < UNITS; u++) {
    column[u] = clamp(ix + (UNIT_FIRST + u) * UNIT, 0, IN_W - UNIT);
    inside_x[u] = select(0.0, 1.0, ix + (UNIT_FIRST + u) * UNIT >= 0 && ix + (UNIT_FIRST + u) * UNIT < IN_W);
}
