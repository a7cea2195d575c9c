// Puts zeros in taps, which conv_patch.wgsl loaded, where they lie outside x. LAST_Y
// and LAST_X are the largest iy and ix: what lies inside x for all of them needs no mask.
// @unroll
for (var r = 0; r < ROWS; r++) {
    // @unroll
    for (var u = 0; u < UNITS; u++) {
        // @static
        if ((UNIT_FIRST + u) * UNIT < 0 || LAST_X + (UNIT_FIRST + u) * UNIT >= IN_W) {
            // @unroll
            for (var c = max((UNIT_FIRST + u) * UNIT, FIRST_X); c < min((UNIT_FIRST + u) * UNIT + UNIT, FIRST_X + COLS); c++) {
                taps[r * COLS + c - FIRST_X] *= inside_x[u];
            }
        }
    }
    // @static
    if (r + FIRST_Y < 0 || LAST_Y + r + FIRST_Y >= IN_H) {
        // @unroll
        for (var c = 0; c < COLS; c++) {
            taps[r * COLS + c] *= inside_y[r];
        }
    }
}
