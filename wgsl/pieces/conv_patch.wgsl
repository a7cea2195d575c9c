// Loads the window that conv_window.wgsl found, of the channel that begins at
// plane, into taps; conv_mask.wgsl puts zeros where that lies outside x.
// X_UNIFORM: x comes from a uniform buffer.
// @unroll
for (var r = 0; r < ROWS; r++) {
    // @unroll
    for (var u = 0; u < UNITS; u++) {
        // @static
        if (X_UNIFORM && UNIT == 1) {
            taps[r * COLS + u] = x_uniform[(plane + row[r] + column[u]) >> 2u][(plane + row[r] + column[u]) & 3];
        } else if (X_UNIFORM) {
            // @unroll
            for (var c = max((UNIT_FIRST + u) * UNIT, FIRST_X); c < min((UNIT_FIRST + u) * UNIT + 4, FIRST_X + COLS); c++) {
                taps[r * COLS + c - FIRST_X] = x_uniform[(plane + row[r] + column[u]) >> 2u][c - (UNIT_FIRST + u) * UNIT];
            }
        } else if (UNIT == 1) {
            taps[r * COLS + u] = x[plane + row[r] + column[u]];
        } else if (max((UNIT_FIRST + u) * UNIT, FIRST_X) == min((UNIT_FIRST + u) * UNIT + 3, FIRST_X + COLS - 1)) {
            taps[r * COLS + max((UNIT_FIRST + u) * UNIT - FIRST_X, 0)] = x4[(plane + row[r] + column[u]) >> 2u][max(FIRST_X - (UNIT_FIRST + u) * UNIT, 0)];
        } else {
            let four = x4[(plane + row[r] + column[u]) >> 2u];
            // @unroll
            for (var c = max((UNIT_FIRST + u) * UNIT, FIRST_X); c < min((UNIT_FIRST + u) * UNIT + 4, FIRST_X + COLS); c++) {
                taps[r * COLS + c - FIRST_X] = four[c - (UNIT_FIRST + u) * UNIT];
            }
        }
    }
}
