package datasets

import (
	"encoding/binary"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// BenchmarkSampling draws batches of 32 from a million images of 16×16 RGB, 768 MB:
// from the heap, from a mapped file, and from views of it: a drawn nine tenths, and
// the same in grey of 14×14. The file is in the system's cache, as it is from the
// second start of a training on.
func BenchmarkSampling(b *testing.B) {
	const n, side, batch = 1_000_000, 16, 32
	noise := (Set{Name: "noise", Width: side, Height: side, Channels: 3}).View(n, func(dst []byte, i int) error {
		r := newRandom(1, 0, uint64(i))
		for k := 0; k < len(dst); k += 8 {
			binary.LittleEndian.PutUint64(dst[k:], r.uint64())
		}
		return nil
	})
	path := filepath.Join(b.TempDir(), "million.pxds")
	if err := SaveRaw(path, Splits{Train: noise}); err != nil {
		b.Fatal(err)
	}
	sample := func(name string, set func() *Set) {
		b.Run(name, func(b *testing.B) {
			s := set()
			sampler, err := NewSampler(s.Len(), 1)
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
	open := func(o Options) func() *Set {
		return func() *Set {
			s, err := Open(path, o)
			if err != nil {
				b.Fatal(err)
			}
			return s.Train
		}
	}
	most := &Counts{Train: n * 9 / 10}
	sample("mapped", open(Options{}))
	sample("drawn", open(Options{Counts: most}))
	sample("drawn, 14x14 grey", open(Options{Counts: most, Size: 14, Channels: 1}))
	sample("heap", func() *Set {
		s := open(Options{})()
		return s.Of(slices.Clone(s.Pixels()))
	})
}

// BenchmarkOpenRaw opens 256 MiB of images, which checks them.
func BenchmarkOpenRaw(b *testing.B) {
	const side, n = 64, 256 << 20 / (64 * 64)
	path := filepath.Join(b.TempDir(), "raw.pxds")
	if err := SaveRaw(path, Splits{Train: Set{Name: "x", Width: side, Height: side, Channels: 1}.Of(make([]byte, n*side*side))}); err != nil {
		b.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(info.Size())
	for b.Loop() {
		if _, err := Open(path, Options{}); err != nil {
			b.Fatal(err)
		}
	}
}
