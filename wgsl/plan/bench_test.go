package plan_test

import (
	"testing"

	"pixelda-wgpu/wgsl/kernels"
	"pixelda-wgpu/wgsl/kerneltest"
)

// BenchmarkKernel times the kernels that are bound by memory, at the sizes of
// the models at batch 32, and reports the rate of their least traffic.
func BenchmarkKernel(b *testing.B) {
	m := kernels.Map{N: 32, C: 64, H: 32, W: 32}
	pool := kernels.Pool{Map: kernels.Map{N: 32, C: 32, H: 32, W: 32}, Kernel: 2, Stride: 2}
	overlapping := pool
	overlapping.Kernel = 3
	norm := kernels.BatchNorm{Map: m, Epsilon: 1e-3, Act: kernels.ReLU}
	deep := kernels.BatchNorm{Map: kernels.Map{N: 32, C: 512, H: 4, W: 4}, Epsilon: 1e-3, Act: kernels.LeakyReLU(0.2)}
	noise := kernels.BatchNorm{Map: kernels.Map{N: 32, C: 1024, H: 1, W: 1}, Epsilon: 1e-3, Act: kernels.ReLU}
	dropout := kernels.Dropout{Keep: 0.9, Std: 0.2, Stream: 1}
	image := kernels.Map{N: 32, C: 3, H: 32, W: 32}
	network := []kernels.Variable{{Offset: 0, Length: 1728}, {Offset: 1728, Length: 73728},
		{Offset: 75456, Length: 294912}, {Offset: 370368, Length: 1179648}, {Offset: 1550016, Length: 8192}}
	adam := kernels.Adam{Beta1: 0.5, Beta2: 0.999, Epsilon: 1e-8, Clip: 5}
	for _, k := range []kernels.Kernel{
		kernels.Add(m.Len()), kernels.Activation(m.Len(), kernels.LeakyReLU(0.2)),
		kernels.ActivationGrad(m.Len(), kernels.ReLU, kernels.Dropout{}),
		kernels.BatchNormStats(norm), kernels.BatchNormFinalize(norm, true, 0.9), kernels.BatchNormApply(norm),
		kernels.BatchNormGradReduce(norm), kernels.BatchNormGradFinalize(norm, true), kernels.BatchNormGradApply(norm),
		kernels.BatchNormStats(deep), kernels.BatchNormApply(deep), kernels.BatchNormGradReduce(deep),
		kernels.BatchNormGradApply(deep),
		kernels.BatchNormStats(noise), kernels.BatchNormFinalize(noise, true, 0.9), kernels.BatchNormGradReduce(noise),
		kernels.ChannelSum(m), kernels.DropoutNoise(m.Len(), dropout), kernels.DropoutNoiseGrad(m.Len(), dropout),
		kernels.FillUniform(m.Len(), 1),
		kernels.MaxPool(pool), kernels.MaxPoolGrad(pool), kernels.MaxPool(overlapping),
		kernels.MaxPoolGrad(overlapping),
		kernels.Concat2(image, 1), kernels.ImageLoad(kernels.Map{N: 32, C: 1, H: 28, W: 28}, image, -1),
		kernels.PairwiseMSE(image, false, 2),
		kernels.SumPartials(8, 36864, false), kernels.GradNorm(network), adam.Update(network),
	} {
		b.Run(k.Name, func(b *testing.B) {
			data := kerneltest.Tensors{}
			for _, binding := range k.Bindings() {
				switch binding.Name {
				case "step":
					data["step"] = kerneltest.Step(1e-4)
				case "parts":
					data["parts"] = kernels.OptimizerParts(network)
				default: // as large as any of the kernels needs
					data[binding.Name] = make([]float32, m.Len())
				}
			}
			s, _ := kerneltest.Load(b, data, k)
			defer s.Close()
			run := func() {
				if err := s.Run("test"); err != nil {
					b.Fatal(err)
				}
				if err := s.Wait(); err != nil {
					b.Fatal(err)
				}
			}
			run() // drivers compile at the first dispatch
			b.ResetTimer()
			for range b.N {
				run()
			}
			b.ReportMetric(k.Bytes*float64(b.N)/b.Elapsed().Seconds()/1e9, "GB/s")
		})
	}
}
