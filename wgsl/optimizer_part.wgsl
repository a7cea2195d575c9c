// A part of a network's variables, one row of the table that OptimizerParts makes:
// first vec4; count of vec4 and, in bit 16, whether it decays; first part and count
// of parts of the variable. To include where parts, partials, CLIP and DECAY are.
var<workgroup> shared_norm: f32;

fn length_of(part: vec4<u32>) -> u32 { return part.y & 0xffffu; }

fn decay_of(part: vec4<u32>) -> f32 { return select(0.0, DECAY, part.y > 0xffffu); }

// What the gradient of the part's variable is scaled by, so that its norm is at most
// CLIP.
fn clip_scale(lane: u32, part: vec4<u32>) -> f32 {
    var scale = 1.0;
    // @static
    if (CLIP > 0.0) {
        var sum = 0.0;
        for (var i = lane; i < part.w; i += 64u) { sum += partials[part.z + i]; }
        let total = sum_lanes(lane, sum);
        if (lane == 0u) { shared_norm = sqrt(total); }
        workgroupBarrier();
        scale = CLIP / max(shared_norm, CLIP);
    }
    return scale;
}
