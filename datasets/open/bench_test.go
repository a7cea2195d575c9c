package open_test

import (
	"encoding/binary"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"pixelda-wgpu/datasets"
	"pixelda-wgpu/datasets/open"
	"pixelda-wgpu/datasets/pack"
	"pixelda-wgpu/datasets/random"
)

// BenchmarkSampling draws batches of 32 from a million images of 16×16 RGB, 768 MB:
// from the heap, from a mapped file, and from views of it: a drawn nine tenths, and
// the same in grey of 14×14. The file is in the system's cache, as it is from the
// second start of a training on.
func BenchmarkSampling(b *testing.B) {
	const n, side, batch = 1_000_000, 16, 32
	noise := (datasets.Set{Name: "noise", Width: side, Height: side, Channels: 3}).View(n,
		func(dst []byte, i int) error {
			r := random.New(1, 0, uint64(i))
			for k := 0; k < len(dst); k += 8 {
				binary.LittleEndian.PutUint64(dst[k:], r.Uint64())
			}
			return nil
		})
	path := filepath.Join(b.TempDir(), "million.pxds")
	if err := pack.SaveRaw(path, datasets.Splits{Train: noise}); err != nil {
		b.Fatal(err)
	}
	sample := func(name string, set func() *datasets.Set) {
		b.Run(name, func(b *testing.B) {
			s := set()
			sampler, err := datasets.NewSampler(s.Len(), 1)
			if err != nil {
				b.Fatal(err)
			}
			indices, images := make([]int, batch), make([]byte, batch*s.ImageBytes())
			b.ResetTimer()
			for step := range b.N {
				sampler.Fill(indices, uint64(step))
				s.Gather(images, indices)
			}
			b.ReportMetric(float64(b.N)*batch/b.Elapsed().Seconds(), "images/s")
		})
	}
	open := func(o datasets.Options) func() *datasets.Set {
		return func() *datasets.Set {
			s, err := open.Splits(path, o)
			if err != nil {
				b.Fatal(err)
			}
			return s.Train
		}
	}
	most := &datasets.Counts{Train: n * 9 / 10}
	sample("mapped", open(datasets.Options{}))
	sample("drawn", open(datasets.Options{Counts: most}))
	sample("drawn, 14x14 grey", open(datasets.Options{Counts: most, Size: 14, Channels: 1}))
	sample("heap", func() *datasets.Set {
		s := open(datasets.Options{})()
		return s.Of(slices.Clone(s.Pixels()))
	})
}

// BenchmarkOpenRaw opens 256 MiB of images, which checks them.
func BenchmarkOpenRaw(b *testing.B) {
	const side, n = 64, 256 << 20 / (64 * 64)
	path := filepath.Join(b.TempDir(), "raw.pxds")
	if err := pack.SaveRaw(path, datasets.Splits{Train: datasets.Set{Name: "x", Width: side, Height: side,
		Channels: 1}.Of(make([]byte, n*side*side))}); err != nil {
		b.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(info.Size())
	for b.Loop() {
		if _, err := open.Splits(path, datasets.Options{}); err != nil {
			b.Fatal(err)
		}
	}
}
