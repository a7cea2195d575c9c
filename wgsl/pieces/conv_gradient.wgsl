// Loads the tile of dy at (ty, tx) of a channel into g, with zeros outside dy. A
// piece of a function of conv_direct_weight.wgsl.
let image = i32((n * OUT_C + channel) * u32(OUT_H * OUT_W));
// @unroll
for (var y = 0; y < TILE_Y; y++) {
    // @static
    if (OUT_W % TILE_X == 0 && OUT_H % TILE_Y == 0) {
        // @unroll
        for (var q = 0; q < TILE_X; q += 4) {
            var four: vec4<f32>;
            // @static
            if (UNIFORM && LANES_IN) {
                four = dy_uniform[(image + (ty + y) * OUT_W + tx + q) >> 2u];
            } else {
                four = dy4[(image + (ty + y) * OUT_W + tx + q) >> 2u];
            }
            // @unroll
            for (var c = 0; c < 4; c++) {
                g[y * TILE_X + q + c] = four[c];
            }
        }
    } else {
        // @unroll
        for (var c = 0; c < TILE_X; c++) {
            g[y * TILE_X + c] = dy[image + min(ty + y, OUT_H - 1) * OUT_W + min(tx + c, OUT_W - 1)]
                * select(0.0, 1.0, ty + y < OUT_H && tx + c < OUT_W);
        }
    }
}
