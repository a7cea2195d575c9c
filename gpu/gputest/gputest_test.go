package gputest_test

import (
	"slices"
	"testing"

	"pixelda-wgpu/gpu/gputest"
)

func TestRun(t *testing.T) {
	const code = `
@group(0) @binding(0) var<storage, read> a: array<f32>;
@group(0) @binding(1) var<uniform> scale: vec4<f32>;
@group(0) @binding(2) var<storage, read_write> b: array<f32>;
@compute @workgroup_size(4) fn main(@builtin(global_invocation_id) g: vec3<u32>) {
	if (g.x < arrayLength(&a)) { b[g.x] += a[g.x] * scale.y; }
}`
	out := []float32{10, 20, 30, 40, 50}
	gputest.Run(t, code, [3]uint32{2, 1, 1},
		gputest.In([]float32{1, 2, 3, 4, 5}),
		gputest.Uniform([]float32{0, 2, 0, 0}),
		gputest.Out(out))
	if want := []float32{12, 24, 36, 48, 60}; !slices.Equal(out, want) {
		t.Errorf("got %v, want %v", out, want)
	}
}
