// What changes from step to step; one small uniform buffer holds it.
struct Step {
    seed_lo: u32,
    seed_hi: u32,
    index: u32,          // of the step
    pad: u32,
    learning_rate: f32,  // with Adam's bias correction
    strength: f32,       // of what adapts a baseline, 0 to 1
    pad2: f32,
    pad3: f32,
}
