// Activations of four elements at once, and their derivatives from the output
// y, chosen by the including kernel's constants ACTIVATION (0 none, 1 ReLU,
// 2 leaky ReLU, 3 tanh) and SLOPE.
fn activate4(v: vec4<f32>) -> vec4<f32> {
    var y = v;
    // @static
    if (ACTIVATION == 1u) {
        y = max(v, vec4<f32>(0.0));
    } else if (ACTIVATION == 2u) {
        y = max(v, vec4<f32>(0.0)) + SLOPE * min(v, vec4<f32>(0.0));
    } else if (ACTIVATION == 3u) {
        y = tanh(clamp(v, vec4<f32>(-15.0), vec4<f32>(15.0)));
    }
    return y;
}

// The gradient before the activation, given that after it.
fn activate4_grad(dy: vec4<f32>, y: vec4<f32>) -> vec4<f32> {
    var g = dy;
    // @static
    if (ACTIVATION == 1u) {
        g = select(vec4<f32>(0.0), dy, y > vec4<f32>(0.0));
    } else if (ACTIVATION == 2u) {
        g = select(SLOPE * dy, dy, y > vec4<f32>(0.0));
    } else if (ACTIVATION == 3u) {
        g = dy * (1.0 - y * y);
    }
    return g;
}
