// What batch_norm_apply.wgsl made of x in channel c before dropout: the gradient computes
// it again, which takes less time than reading it.
fn normalized(x: vec4<f32>, c: u32) -> vec4<f32> {
    var y = vec4<f32>(0.0);
    // @static
    if (ACTIVATION != 0u) { y = activate4((x - mean[c]) * inv_std[c] + beta[c]); }
    return y;
}
