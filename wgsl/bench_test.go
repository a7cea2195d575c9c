package wgsl_test

import (
	"testing"

	"pixelda-wgpu/wgsl"
)

// BenchmarkKernel times the kernels that are bound by memory, at the sizes of
// the models at batch 32, and reports the rate of their least traffic.
func BenchmarkKernel(b *testing.B) {
	m := wgsl.Map{N: 32, C: 64, H: 32, W: 32}
	pool := wgsl.Pool{Map: wgsl.Map{N: 32, C: 32, H: 32, W: 32}, Kernel: 2, Stride: 2}
	overlapping := pool
	overlapping.Kernel = 3
	norm := wgsl.BatchNorm{Map: m, Epsilon: 1e-3, Act: wgsl.ReLU}
	deep := wgsl.BatchNorm{Map: wgsl.Map{N: 32, C: 512, H: 4, W: 4}, Epsilon: 1e-3, Act: wgsl.LeakyReLU(0.2)}
	noise := wgsl.BatchNorm{Map: wgsl.Map{N: 32, C: 1024, H: 1, W: 1}, Epsilon: 1e-3, Act: wgsl.ReLU}
	dropout := wgsl.Dropout{Keep: 0.9, Std: 0.2, Stream: 1}
	image := wgsl.Map{N: 32, C: 3, H: 32, W: 32}
	network := []wgsl.Variable{{Offset: 0, Length: 1728}, {Offset: 1728, Length: 73728}, {Offset: 75456, Length: 294912}, {Offset: 370368, Length: 1179648}, {Offset: 1550016, Length: 8192}}
	adam := wgsl.Adam{Beta1: 0.5, Beta2: 0.999, Epsilon: 1e-8, Clip: 5}
	for _, k := range []wgsl.Kernel{
		wgsl.Add(m.Len()), wgsl.Activation(m.Len(), wgsl.LeakyReLU(0.2)), wgsl.ActivationGrad(m.Len(), wgsl.ReLU, wgsl.Dropout{}),
		wgsl.BatchNormStats(norm), wgsl.BatchNormFinalize(norm, true, 0.9), wgsl.BatchNormApply(norm),
		wgsl.BatchNormGradReduce(norm), wgsl.BatchNormGradFinalize(norm, true), wgsl.BatchNormGradApply(norm),
		wgsl.BatchNormStats(deep), wgsl.BatchNormApply(deep), wgsl.BatchNormGradReduce(deep), wgsl.BatchNormGradApply(deep),
		wgsl.BatchNormStats(noise), wgsl.BatchNormFinalize(noise, true, 0.9), wgsl.BatchNormGradReduce(noise),
		wgsl.ChannelSum(m), wgsl.DropoutNoise(m.Len(), dropout), wgsl.DropoutNoiseGrad(m.Len(), dropout), wgsl.FillUniform(m.Len(), 1),
		wgsl.MaxPool(pool), wgsl.MaxPoolGrad(pool), wgsl.MaxPool(overlapping), wgsl.MaxPoolGrad(overlapping),
		wgsl.Concat2(image, 1), wgsl.ImageLoad(wgsl.Map{N: 32, C: 1, H: 28, W: 28}, image, -1), wgsl.PairwiseMSE(image, false, 2),
		wgsl.SumPartials(8, 36864, false), wgsl.GradNorm(network), adam.Update(network),
	} {
		b.Run(k.Name, func(b *testing.B) {
			data := tensors{}
			for _, binding := range k.Bindings() {
				switch binding.Name {
				case "step":
					data["step"] = stepOf(1e-4)
				case "parts":
					data["parts"] = wgsl.OptimizerParts(network)
				default: // as large as any of the kernels needs
					data[binding.Name] = make([]float32, m.Len())
				}
			}
			s, _ := loadKernels(b, data, k)
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
