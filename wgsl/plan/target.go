package plan

import (
	"iter"
	"slices"
	"strings"

	"pixelda-wgpu/wgsl/kernels"
)

// Target is what a class of adapters likes. All that is known of drivers and of kinds of
// hardware stands in the rows below and nowhere else: a class more is a row more.
type Target struct {
	Name     string
	Software bool // a processor does its work

	// The ways to compute an operation, in the order of preference where nothing has been
	// timed. Which apply follows from the shape.
	Conv       []convWay
	WeightGrad []weightWay
	MatMul     []matMulWay
	Also       *Target // a tuner times this target's ways too

	// FLOPs of a convolution below which short code comes first, since compiling takes longer than it saves
	Brief float64
	// products in an unrolled loop: drivers compile them in a time that grows with the square, seconds for so many
	MostTerms  int
	ImagesWork float64 // FLOPs of a dispatch from which on images go to uniform buffers

	// A normalisation goes into the convolutions that read it where Winograd's algorithm
	// would have these limits and the convolution so much work in FLOPs.
	Absorbs     winogradLimits
	AbsorbsWork float64

	Tuned bool // ways are timed, unless the user says otherwise
	// of an operation in a submission that is timed, so that the submission's own cost does not count
	TrialCopies    int
	PeakDispatches int // of the programs that measure an adapter's peaks
}

// A way to compute an operation: data that a target lists. It reports false where it does
// not apply or pay.
type (
	convWay interface {
		conv(t *Target, c kernels.Conv, e kernels.Epilogue) (Plan, bool)
	}
	weightWay interface {
		weightGrad(t *Target, c kernels.Conv) (Plan, bool)
	}
	matMulWay interface {
		matMul(s kernels.MatMul, e kernels.Epilogue) (Plan, bool)
	}
)

// What rows have in common.
const (
	mostTerms   = 2304
	brief       = 3e7 // processors' drivers take up to a second to compile a long kernel
	absorbsWork = 3e7
	imagesWork  = 8e6
)

var absorbs = winogradLimits{leastChannels: 32, cached: 3 << 20}

// Winograd's limits, by what holds the transformed tensors.
var (
	inCache = winogradLimits{leastChannels: 16, cached: 3 << 19} // SwiftShader gains at once
	// dispatches are dear, and other kernels good for few channels
	inLavapipeCache = winogradLimits{leastChannels: 32, cached: 3 << 20}
	onGPU           = winogradLimits{leastChannels: 32, cached: 16 << 20}
)

// Lavapipe is Mesa's driver for processors. It reads uniform buffers several times as fast
// as storage and compiles long code well.
var Lavapipe = Target{
	Name: "lavapipe", Software: true,
	Conv: []convWay{
		winogradBlocks{inLavapipeCache, 32},
		directTile{8, 8, 8, true, true}, directTile{8, 8, 8, true, false},
		directTile{4, 4, 16, true, true}, directTile{4, 4, 16, true, false}, directTile{2, 8, 16, true, false},
		directTile{4, 4, 8, true, false}, directTile{2, 4, 8, true, true}, directTile{2, 4, 8, true, false},
		directTile{2, 4, 4, true, false},
		winogradBlocks{inCache, 8},
		directTile{8, 8, 4, false, false}, directTile{4, 4, 8, false, false}, directTile{2, 4, 4, false, false},
	},
	WeightGrad: []weightWay{
		winogradCorrelation{inLavapipeCache, correlateTile{32, 32}},
		unfoldedCorrelation{correlateTile{32, 32}, inLavapipeCache.cached},
		uniformWeights{},
		winogradCorrelation{inCache, correlateTile{16, 8}}, unfoldedCorrelation{correlateTile{16, 8}, inCache.cached},
		directWeightTile{true, 2, 4, 16}, directWeightTile{true, 2, 8, 16}, directWeightTile{true, 2, 8, 4},
		directWeightTile{true, 2, 4, 1}, directWeightTile{false, 2, 4, 1}, directWeightTile{false, 2, 8, 4},
	},
	MatMul: []matMulWay{uniformRows{}, rowTile(16), rowTile(32)},
	Brief:  brief, MostTerms: mostTerms, ImagesWork: imagesWork, Absorbs: absorbs, AbsorbsWork: absorbsWork,
	TrialCopies: 1, PeakDispatches: 1,
}

// SwiftShader is the driver for processors in Chromium, and stands for any that is not
// known. It reads uniform buffers half as fast as storage.
var SwiftShader = Target{
	Name: "SwiftShader", Software: true,
	Conv: []convWay{
		winogradBlocks{inCache, 8},
		directTile{8, 8, 4, false, false}, directTile{4, 4, 8, false, false}, directTile{2, 4, 4, false, false},
	},
	WeightGrad: []weightWay{
		winogradCorrelation{inCache, correlateTile{16, 8}}, unfoldedCorrelation{correlateTile{16, 8}, inCache.cached},
		directWeightTile{true, 2, 4, 16}, directWeightTile{true, 2, 8, 16}, directWeightTile{true, 2, 8, 4},
		directWeightTile{true, 2, 4, 1}, directWeightTile{false, 2, 4, 1}, directWeightTile{false, 2, 8, 4},
	},
	MatMul: []matMulWay{rowTile(16), rowTile(32)},
	Also:   &Lavapipe,
	Brief:  brief, MostTerms: mostTerms, ImagesWork: imagesWork, Absorbs: absorbs, AbsorbsWork: absorbsWork,
	TrialCopies: 1, PeakDispatches: 1,
}

// DiscreteGPU is a graphics card. Its row has not met one yet.
var DiscreteGPU = Target{
	Name: "discrete GPU",
	Conv: []convWay{
		gemmTile{64, 64, 8, 8}, gemmTile{32, 32, 4, 4}, gemmTile{64, 32, 8, 4},
		winogradGEMM{onGPU, gemmTile{64, 64, 8, 8}}, winogradGEMM{onGPU, gemmTile{32, 32, 4, 4}},
		winogradGEMM{onGPU, gemmTile{64, 32, 8, 4}},
	},
	WeightGrad: []weightWay{
		gemmTile{64, 64, 8, 8}, gemmTile{32, 32, 4, 4}, gemmTile{64, 32, 8, 4},
		winogradGEMM{onGPU, gemmTile{64, 64, 8, 8}}, winogradGEMM{onGPU, gemmTile{32, 32, 4, 4}},
		winogradGEMM{onGPU, gemmTile{64, 32, 8, 4}},
	},
	MatMul:    []matMulWay{splitTile(4), splitTile(2)},
	MostTerms: mostTerms, ImagesWork: imagesWork, Absorbs: absorbs, AbsorbsWork: absorbsWork,
	Tuned: true, TrialCopies: 8, PeakDispatches: 12,
}

// IntegratedGPU is a GPU that shares the processor's memory, in a laptop or a phone. It has
// the preferences of a card until one was measured.
var IntegratedGPU = func() Target {
	t := DiscreteGPU
	t.Name = "integrated GPU"
	return t
}()

// Targets are all rows.
var Targets = []*Target{&DiscreteGPU, &IntegratedGPU, &Lavapipe, &SwiftShader}

// TargetOf is the row for an adapter: kind is what WebGPU says of its hardware
// ("discrete", "integrated", "other" or "cpu"), name how its driver calls it.
func TargetOf(kind, name string) *Target {
	switch {
	case kind == "cpu" && strings.Contains(strings.ToLower(name), "llvmpipe"):
		return &Lavapipe
	case kind == "cpu":
		return &SwiftShader
	case kind == "integrated":
		return &IntegratedGPU
	}
	return &DiscreteGPU
}

// preferred makes the plans of the ways that apply, one by one as they are asked for. With
// brief those of the shortest code come first, for which all have to be made.
func preferred[W any](op string, t *Target, ways []W, brief bool, make func(W) (Plan, bool)) iter.Seq[Plan] {
	inOrder := func(yield func(Plan) bool) {
		seen := map[string]bool{}
		for _, w := range ways {
			p, ok := make(w)
			if !ok || seen[p.Name] || !p.fits() {
				continue
			}
			seen[p.Name], p.Op, p.Target = true, op, t
			if !yield(p) {
				return
			}
		}
	}
	if !brief {
		return inOrder
	}
	return func(yield func(Plan) bool) {
		for _, p := range slices.SortedStableFunc(inOrder, func(a, b Plan) int { return a.terms - b.terms }) {
			if !yield(p) {
				return
			}
		}
	}
}
