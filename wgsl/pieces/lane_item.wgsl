// Which item of a workgroup's range a lane takes at step i of STEPS: eight lanes
// walk side by side through a run of their own. A GPU reads whole cache lines
// of vec4 all the same, and a CPU driver, which runs eight lanes through all
// their steps before the next eight, reads straight on: 3 times as fast on
// lavapipe as lanes side by side throughout, whose strides evict each other.
fn lane_item(lane: u32, i: u32) -> u32 {
    return (lane / 8u * STEPS + i) * 8u + lane % 8u;
}
