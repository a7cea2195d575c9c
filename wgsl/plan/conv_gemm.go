package plan

import "pixelda-wgpu/wgsl/kernels"

// gemmTile is a convolution, or the gradient of its weights, as a matrix product whose
// operands the kernel gathers tile by tile.
type gemmTile kernels.GEMMTile

func (t gemmTile) name() string { return "gemm " + kernels.GEMMTile(t).String() }

func (t gemmTile) conv(_ *Target, c kernels.Conv, e kernels.Epilogue) (Plan, bool) {
	c = inFloats(c)
	block := kernels.CeilDiv(c.OutC, 4) * 4
	plan := Plan{
		Name: t.name(), Scratch: map[string]int{"pack": c.Packing(block, 1).Vec4 * 4},
		Calls: []Call{{Kernel: kernels.ConvPack(c, block, 1, false)}},
	}
	for _, k := range kernels.ConvGEMM(plan.Name, c, kernels.GEMMTile(t), e) {
		plan.Calls = append(plan.Calls, Call{Kernel: k})
	}
	return plan, true
}

func (t gemmTile) weightGrad(_ *Target, c kernels.Conv) (Plan, bool) {
	c = inFloats(c)
	groups := kernels.CeilDiv(c.OutC, t.M) * kernels.CeilDiv(c.InC*c.Taps(), t.O)
	// Enough workgroups for the widest GPUs, each with some hundred pixels to sum.
	splits := max(1, min(kernels.CeilDiv(512, groups), c.N*c.OutH*c.OutW/256))
	return sumSplits(t.name(), c, kernels.ConvGEMMWeight(t.name(), c, kernels.GEMMTile(t), splits), splits), true
}
