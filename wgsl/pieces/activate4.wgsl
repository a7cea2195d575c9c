// Activations of four elements at once, and their derivatives from the result,
// chosen by the including kernel's constants ACTIVATION (0 none, 1 ReLU,
// 2 leaky ReLU, 3 tanh, 4 sigmoid) and SLOPE.
fn activate4(v: vec4<f32>) -> vec4<f32> {
    var r = v;
    // @static
    if (ACTIVATION == 1u) {
        r = max(v, vec4<f32>(0.0));
    } else if (ACTIVATION == 2u) {
        r = max(v, vec4<f32>(0.0)) + SLOPE * min(v, vec4<f32>(0.0));
    } else if (ACTIVATION == 3u) {
        r = tanh(clamp(v, vec4<f32>(-15.0), vec4<f32>(15.0)));
    } else if (ACTIVATION == 4u) {
        r = 1.0 / (1.0 + exp(-clamp(v, vec4<f32>(-80.0), vec4<f32>(80.0))));
    }
    return r;
}

// The gradient before the activation, given the gradient after it and what the
// activation returned.
fn activate4_grad(gradient: vec4<f32>, result: vec4<f32>) -> vec4<f32> {
    var g = gradient;
    // @static
    if (ACTIVATION == 1u) {
        g = select(vec4<f32>(0.0), gradient, result > vec4<f32>(0.0));
    } else if (ACTIVATION == 2u) {
        g = select(SLOPE * gradient, gradient, result > vec4<f32>(0.0));
    } else if (ACTIVATION == 3u) {
        g = gradient * (1.0 - result * result);
    } else if (ACTIVATION == 4u) {
        g = gradient * (result * (1.0 - result));
    }
    return g;
}
