// Random numbers by counter: the same seed, step, stream and counter give the
// same bits on every device, and no state is kept. A stream is one place in a
// program that draws numbers; each stream counts its own draws.

// The hash pcg4d of Jarzynski and Olano, "Hash Functions for GPU Rendering"
// (JCGT 2020): four words to four words.
fn pcg4d(seed: vec4<u32>) -> vec4<u32> {
    var v = seed * 1664525u + 1013904223u;
    v.x += v.y * v.w;
    v.y += v.z * v.x;
    v.z += v.x * v.y;
    v.w += v.y * v.z;
    v = v ^ (v >> vec4<u32>(16u));
    v.x += v.y * v.w;
    v.y += v.z * v.x;
    v.z += v.x * v.y;
    v.w += v.y * v.z;
    return v;
}

// Draw number counter of a stream. An odd factor spreads the streams over the
// seed's second word, so no two of them meet.
fn random_bits(seed_lo: u32, seed_hi: u32, index: u32, stream: u32, counter: u32) -> vec4<u32> {
    return pcg4d(vec4<u32>(seed_lo, seed_hi ^ (stream * 2654435769u), index, counter));
}

// Uniform in (0, 1): the middles of 2²³ equal intervals, exact in f32. The
// lowest bits, which pcg4d mixes least, are not used.
fn uniform01(bits: vec4<u32>) -> vec4<f32> {
    return vec4<f32>(bits >> vec4<u32>(9u)) * 1.1920928955078125e-7 + 5.9604644775390625e-8;
}

// Uniform in (−1, 1), symmetric and exact as well.
fn uniform11(bits: vec4<u32>) -> vec4<f32> {
    return uniform01(bits) * 2.0 - 1.0;
}

// Four numbers of the standard normal distribution by Box and Muller, cut off at
// 5.77. A driver's log may reach zero from above just below 1.
fn normal4(bits: vec4<u32>) -> vec4<f32> {
    let u = uniform01(bits);
    let radius = sqrt(max(-2.0 * log(u.xy), vec2<f32>(0.0)));
    let angle = 6.283185307179586 * u.zw - 3.141592653589793;
    return vec4<f32>(radius * cos(angle), radius * sin(angle));
}
