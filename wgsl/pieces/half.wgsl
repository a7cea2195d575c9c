// Numbers as halves, two in a word, and back. WGSL lets drivers cut off in pack2x16float,
// which would draw all sums towards zero: so numbers are rounded to the 11 bits of a half
// before. They saturate at ±65504 instead of becoming infinite; below 2⁻¹⁴ they keep
// fewer bits, the last as the driver rounds.
// Pieces of kernels, not kernels themselves.
fn pack2(two: vec2<f32>) -> u32 {
    let bits = bitcast<vec2<u32>>(clamp(two, vec2<f32>(-65504.0), vec2<f32>(65504.0)));
    return pack2x16float(bitcast<vec2<f32>>((bits + vec2<u32>(0x1000u)) & vec2<u32>(0xffffe000u)));
}

fn pack4(four: vec4<f32>) -> vec2<u32> {
    return vec2<u32>(pack2(four.xy), pack2(four.zw));
}

fn unpack4(words: vec2<u32>) -> vec4<f32> {
    return vec4<f32>(unpack2x16float(words.x), unpack2x16float(words.y));
}
