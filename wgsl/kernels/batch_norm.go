package kernels

import (
	"fmt"

	"pixelda-wgpu/wgsl/expand"
)

// BatchNorm is a batch normalisation (Ioffe and Szegedy 2015) over N, H and W
// of each channel. In training a pass is
//
//	BatchNormStats → BatchNormFinalize → BatchNormApply
//	BatchNormGradReduce → BatchNormGradFinalize → BatchNormGradApply
type BatchNorm struct {
	Map
	Epsilon  float64
	NoBeta   bool // no beta is added, and no activation follows
	Residual bool // an input is added to y before the activation
	Act      Act
	Dropout  Dropout // behind the activation
}

func (b BatchNorm) name(what string) string { return fmt.Sprintf("batch norm %s %v", what, b.Map) }

// BatchNormStats computes mean and Σ(x − mean)² of each part of each channel.
//
//	0 x         read        [N, C, H, W]
//	1 partials  read_write  [Parts, C, 2]
func BatchNormStats(b BatchNorm) Kernel {
	flops, bytes := 4*float64(b.Len()), 4*float64(b.Len())
	if b.plane() == 1 {
		return New(b.name("stats"), "batch_norm_stats_features.wgsl",
			expand.Params{"N": b.N, "C": b.C}, Grid(CeilDiv(b.C, 64)), flops, bytes)
	}
	return New(b.name("stats"), "batch_norm_stats.wgsl", b.reduction(),
		[3]uint32{uint32(b.C), uint32(b.Parts()), 1}, flops, bytes)
}

// reduction holds the constants of a first stage over channels.
func (m Map) reduction() expand.Params {
	return expand.Params{"C": m.C, "HW": m.plane(), "UNITS": m.units(), "WIDTH": m.Width(), "CHUNK": m.Chunk()}
}

// BatchNormFinalize joins the parts into mean and 1 / √(variance + ε). With
// update it also moves the running statistics: r ← decay · r + (1 − decay) ·
// batch, of the biased variance.
//
//	0 partials      read        [Parts, C, 2]
//	1 mean          read_write  [C]
//	2 inv_std       read_write  [C]
//	3 running_mean  read_write  [C], with update
//	4 running_var   read_write  [C], with update
func BatchNormFinalize(b BatchNorm, update bool, decay float64) Kernel {
	return New(b.name("finalize"), "batch_norm_finalize.wgsl",
		expand.Params{"C": b.C, "PARTS": b.Parts(), "PART": b.Chunk() * b.Width(), "TOTAL": b.N * b.plane(),
			"EPS": b.Epsilon, "DECAY": decay, "UPDATE": update},
		Grid(CeilDiv(b.C, 64)), 9*float64(b.C*b.Parts()), 8*float64(b.C*(b.Parts()+1)))
}

// BatchNormApply is y = act((x − mean) · inv_std + beta [+ residual]), dropped and noisy.
//
//	0 x         read        [N, C, H, W]
//	1 mean      read        [C]
//	2 inv_std   read        [C]
//	3 beta      read        [C], unless NoBeta
//	4 residual  read        [N, C, H, W], with Residual
//	5 y         read_write  [N, C, H, W]
//	9 step      uniform     Step, with Dropout
func BatchNormApply(b BatchNorm) Kernel { return b.apply(false) }

// BatchNormInference is BatchNormApply with the running statistics: mean is
// bound to the running mean, and instead of inv_std there is
//
//	6 variance  read        [C]
func BatchNormInference(b BatchNorm) Kernel { return b.apply(true) }

func (b BatchNorm) apply(inference bool) Kernel {
	quads := CeilDiv(b.Len(), 4)
	tensors := 2
	if b.Residual {
		tensors++
	}
	return New(b.name("apply"+b.Dropout.String()), "batch_norm_apply.wgsl",
		b.epilogue(expand.Params{"C": b.C, "HW": b.plane(), "QUADS": quads, "INFERENCE": inference,
			"EPS": b.Epsilon, "BETA": !b.NoBeta, "RESIDUAL": b.Residual}, b.Dropout),
		Grid(CeilDiv(quads, 64)), 4*float64(b.Len()), 4*float64(tensors*b.Len()))
}

// epilogue adds the constants of what follows the normalisation.
func (b BatchNorm) epilogue(p expand.Params, d Dropout) expand.Params { return d.set(b.Act.Set(p)) }

// BatchNormGradReduce sums g and g · x̂ over each part of each channel, where
// g = dy · act'(y) and x̂ is the normalised x, from which y is computed again. With
// Dropout dy is the gradient behind it. With Residual use it without activation:
// the gradient of residual is then dy.
//
//	0 dy        read        [N, C, H, W]
//	1 x         read        [N, C, H, W]
//	2 mean      read        [C]
//	3 inv_std   read        [C]
//	4 beta      read        [C], with an activation
//	5 partials  read_write  [Parts, C, 2]
//	9 step      uniform     Step, with Dropout
func BatchNormGradReduce(b BatchNorm) Kernel {
	flops, bytes := 5*float64(b.Len()), 8*float64(b.Len())
	if b.plane() == 1 {
		return New(b.name("grad reduce"), "batch_norm_grad_reduce_features.wgsl",
			b.epilogue(expand.Params{"N": b.N, "C": b.C}, b.Dropout.mask()), Grid(CeilDiv(b.C, 64)), flops, bytes)
	}
	return New(b.name("grad reduce"), "batch_norm_grad_reduce.wgsl", b.epilogue(b.reduction(), b.Dropout.mask()),
		[3]uint32{uint32(b.C), uint32(b.Parts()), 1}, flops, bytes)
}

// BatchNormGradFinalize joins the parts. The first sum is also the gradient of beta,
// added to what that holds if accumulate.
//
//	0 partials  read        [Parts, C, 2]
//	1 sums      read_write  [C, 2] Σ g, Σ g · x̂
//	2 dbeta     read_write  [C]
func BatchNormGradFinalize(b BatchNorm, accumulate bool) Kernel {
	return New(b.name("grad finalize"), "batch_norm_grad_finalize.wgsl",
		expand.Params{"C": b.C, "PARTS": b.Parts(), "ACCUMULATE": accumulate},
		Grid(CeilDiv(b.C, 64)), 2*float64(b.C*b.Parts()), 8*float64(b.C*(b.Parts()+1)))
}

// BatchNormGradApply is the gradient of x: dx = inv_std · (g − mean(g) − x̂ · mean(g · x̂)),
// with g as for BatchNormGradReduce.
//
//	0 dy       read        [N, C, H, W]
//	1 x        read        [N, C, H, W]
//	2 mean     read        [C]
//	3 inv_std  read        [C]
//	4 beta     read        [C], with an activation
//	5 sums     read        [C, 2]
//	6 dx       read_write  [N, C, H, W]
//	9 step     uniform     Step, with Dropout
func BatchNormGradApply(b BatchNorm) Kernel {
	quads := CeilDiv(b.Len(), 4)
	return New(b.name("grad apply"), "batch_norm_grad_apply.wgsl",
		b.epilogue(expand.Params{"C": b.C, "HW": b.plane(), "QUADS": quads, "INV_M": 1 / float64(b.N*b.plane())},
			b.Dropout.mask()),
		Grid(CeilDiv(quads, 64)), 7*float64(b.Len()), 12*float64(b.Len()))
}
