// The activation of a fused epilogue, chosen by the including kernel's constants
// ACTIVATION (0 none, 1 ReLU, 2 leaky ReLU, 3 tanh, 4 sigmoid) and SLOPE.
fn activate(sum: f32) -> f32 {
    // @static
    if (ACTIVATION == 1u) {
        return max(sum, 0.0);
    } else if (ACTIVATION == 2u) {
        return max(sum, 0.0) + SLOPE * min(sum, 0.0);
    } else if (ACTIVATION == 3u) {
        return tanh(clamp(sum, -15.0, 15.0));
    } else if (ACTIVATION == 4u) {
        return 1.0 / (1.0 + exp(-clamp(sum, -80.0, 80.0)));
    } else {
        return sum;
    }
}
