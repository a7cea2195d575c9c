package pack_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"pixelda-wgpu/datasets"
	"pixelda-wgpu/datasets/mapped"
	"pixelda-wgpu/datasets/open"
	"pixelda-wgpu/datasets/pack"
	"pixelda-wgpu/datasets/picture"
	"pixelda-wgpu/datasets/random"
	"pixelda-wgpu/datasets/settest"
)

// rawFile saves a raw set and returns its path and bytes.
func rawFile(t testing.TB, s datasets.Splits) (path string, data []byte) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "raw.pxds")
	if err := pack.SaveRaw(path, s); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return path, data
}

// fromBytes is what mapping a file of these bytes leads to.
func fromBytes(data []byte) (datasets.Splits, error) {
	return pack.OpenRaw(bytes.NewReader(data), int64(len(data)), func() ([]byte, error) { return data, nil })
}

func alike(t *testing.T, what string, got, want datasets.Splits) {
	t.Helper()
	if got.Origin != want.Origin || got.Fingerprint() != want.Fingerprint() {
		t.Errorf("%s: other content", what)
	}
	for _, split := range datasets.SplitOrder {
		a, b := *got.Named(split), *want.Named(split)
		if (a == nil) != (b == nil) {
			t.Fatalf("%s: %s is there on one side only", what, split)
		}
		if a != nil && (a.Name != b.Name || a.Shape() != b.Shape() ||
			!bytes.Equal(a.Hold().Pixels(), b.Hold().Pixels()) ||
			!slices.Equal(a.Labels, b.Labels) || !slices.Equal(a.Classes, b.Classes) ||
			!slices.Equal(a.Poses, b.Poses) || a.Labelled() != b.Labelled()) {
			t.Errorf("%s: %s differs", what, split)
		}
	}
}

func TestRawRoundTrip(t *testing.T) {
	// pixels of several blocks
	whole, err := open.Splits("digits-m", datasets.Options{Counts: &datasets.Counts{Train: 1500, Valid: 5, Test: 7}})
	if err != nil {
		t.Fatal(err)
	}
	bare := datasets.Splits{Origin: "x", Train: datasets.Set{Name: "x", Width: 2, Height: 3,
		Channels: 1}.Of([]byte("abcdefghijkl"))}
	for name, s := range map[string]datasets.Splits{"all": whole, "unlabelled": bare,
		"train alone": {Train: whole.Test},
		"poses":       {Train: settest.RGBD(5), Test: settest.RGBD(2)}} {
		path, data := rawFile(t, s)
		mapped, err := open.Splits(path, datasets.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if !mapped.Train.Mapped() || !mapped.Train.Sealed() {
			t.Errorf("%s: not mapped, or its fingerprint is not taken from the file", name)
		}
		alike(t, name+" mapped", mapped, s)
		mapped.Train = mapped.Train.OfMapped(mapped.Train.Pixels()) // and the stated fingerprint is that of the images
		alike(t, name+" hashed", mapped, s)
		read, err := pack.Read("x", bytes.NewReader(data))
		if err != nil {
			t.Fatal(err)
		}
		alike(t, name+" read", read, s)
	}
}

// The places of the format, by hand: others have to be able to read it.
func TestRawLayout(t *testing.T) {
	s := datasets.Splits{
		Train: datasets.Set{Name: "a", Width: 2, Height: 1, Channels: 1, Labels: []uint32{0, 1},
			Classes: []string{"x", "y"}}.Of([]byte{1, 2, 3, 4}),
		Test: datasets.Set{Name: "b", Width: 2, Height: 1, Channels: 1, Labels: []uint32{1},
			Classes: []string{"x", "y"}}.Of([]byte{5, 6}),
	}
	_, data := rawFile(t, s)
	sum := func(b []byte) []byte {
		return binary.LittleEndian.AppendUint32(nil, crc32.Checksum(b, crc32.MakeTable(crc32.Castagnoli)))
	}
	head := 8 + int(binary.LittleEndian.Uint32(data[4:]))
	want := append(data[:head:head], sum(data[:head])...)
	want = append(want, make([]byte, 4096-len(want))...)
	want = append(want, 1, 2, 3, 4, 0, 0, 1, 0)
	want = append(append(want, sum([]byte{1, 2, 3, 4})...), sum([]byte{0, 0, 1, 0})...)
	want = append(want, make([]byte, 8192-len(want))...)
	want = append(want, 5, 6, 1, 0)
	want = append(append(want, sum([]byte{5, 6})...), sum([]byte{1, 0})...)
	if !bytes.Equal(data, want) {
		t.Errorf("the file is\n%q\nwant\n%q", data[head:], want[head:])
	}
}

func TestRawDamage(t *testing.T) {
	// 2.2 MiB: three blocks
	s, _ := open.Splits("digits", datasets.Options{Counts: &datasets.Counts{Train: 3000, Test: 10}})
	path, data := rawFile(t, s)
	const second = 4096 + 1<<20 // the offset of the second block
	changed := func(at int) []byte {
		b := bytes.Clone(data)
		b[at] ^= 1
		return b
	}
	train := 3000 * 784
	for name, c := range map[string]struct {
		data []byte
		want string
	}{
		"pixel": {changed(second + 5),
			fmt.Sprintf("damaged: images 1337 to 2674, bytes %d to %d of the file, do not have their checksum; copy",
				second, second+1<<20-1)},
		"end":      {changed(4096 + train - 1), "damaged: images 2674 to 2999, "},
		"label":    {changed(4096 + train + 3), "damaged: the labels, bytes "},
		"checksum": {changed(4096 + train + 6000), "damaged: images 0 to 1337, "},
		"class":    {changed(bytes.Index(data, []byte(`"7"`)) + 1), "the header does not have its checksum; copy"},
		"cut":      {data[:len(data)-1], "copy the file again, or pack"},
		"cut half": {data[:len(data)/2], "copy the file again, or pack"},
		"cut head": {data[:200], "cut off in its header"},
		"longer":   {append(bytes.Clone(data), 0), "copy the file again, or pack"},
	} {
		if err := os.WriteFile(path, c.data, 0o644); err != nil {
			t.Fatal(err)
		}
		_, mapped := open.Splits(path, datasets.Options{})
		_, read := pack.Read(path, bytes.NewReader(c.data))
		for how, err := range map[string]error{"mapped": mapped, "read": read} {
			if err == nil || !strings.Contains(err.Error(), c.want) ||
				!strings.HasPrefix(err.Error(), path+": ") || strings.Contains(err.Error(), "\n") {
				t.Errorf("%s, %s: %v; want %q", name, how, err, c.want)
			}
		}
	}
	posedPath, posed := rawFile(t, datasets.Splits{Train: settest.RGBD(3)})
	posed[4096+3*16+3*2+3*16-1] ^= 1 // the last byte of the last pose
	if err := os.WriteFile(posedPath, posed, 0o644); err != nil {
		t.Fatal(err)
	}
	_, mapped := open.Splits(posedPath, datasets.Options{})
	_, read := pack.Read("x", bytes.NewReader(posed))
	for how, err := range map[string]error{"mapped": mapped, "read": read} {
		if err == nil || !strings.Contains(err.Error(),
			"damaged: the poses, bytes 4150 to 4197 of the file, do not have their checksum") {
			t.Errorf("pose, %s: %v", how, err)
		}
	}
	for name, c := range map[string]struct{ header, want string }{
		"no splits": {`"fingerprint":"x"`, ""},
		"huge":      {`"splits":[{"split":"train","count":70368744177665}]`, "is impossible"},
		"promises":  {`"splits":[{"split":"train","count":70368744177664}]`, ""},
		"twice":     {`"splits":[{"split":"train","count":1},{"split":"train","count":1}]`, ""},
	} {
		data := rawHead(`{"version":2,"width":1,"height":1,"channels":1,` + c.header + `}`)
		_, mapped := fromBytes(data)
		_, read := pack.Read("x", bytes.NewReader(data))
		for how, err := range map[string]error{"mapped": mapped, "read": read} {
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%s, %s: %v; want %q", name, how, err, c.want)
			}
		}
	}
}

// rawHead is a header with its checksum.
func rawHead(header string) []byte {
	b := binary.LittleEndian.AppendUint32([]byte("PXDS"), uint32(len(header)))
	b = append(b, header...)
	return binary.LittleEndian.AppendUint32(b, crc32.Checksum(b, pack.Castagnoli))
}

// Opening a raw set must not bring its images into the heap, and neither must
// sampling, drawing splits or a change of form that goes by views.
func TestRawTakesNoHeap(t *testing.T) {
	const n, side = 200_000, 16
	heap := func() int64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return int64(m.HeapAlloc)
	}
	path := filepath.Join(t.TempDir(), "large.pxds")
	s := datasets.Set{Name: "noise", Width: side, Height: side, Channels: 1, Labels: make([]uint32, n),
		Classes: []string{"one"}}.View(n, func(dst []byte, i int) error {
		r := random.New(1, 0, uint64(i))
		for k := 0; k < len(dst); k += 8 {
			binary.LittleEndian.PutUint64(dst[k:], r.Uint64())
		}
		return nil
	})
	if err := pack.SaveRaw(path, datasets.Splits{Train: s}); err != nil {
		t.Fatal(err)
	}
	defer datasets.SetHoldBytes(1 << 20)()
	before := heap()
	opened, err := open.Splits(path, datasets.Options{Size: 12, Channels: 3,
		Counts: &datasets.Counts{Train: 150_000, Test: 50_000}, Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	batch, indices := make([]byte, 64*12*12*3), make([]int, 64)
	sampler, _ := datasets.NewSampler(opened.Train.Len(), 1)
	for step := range uint64(100) {
		sampler.Fill(indices, step)
		opened.Train.Gather(batch, indices)
	}
	// Labels and the choice of images take 12 bytes an image, their pixels 256.
	if grown := heap() - before; grown > n*side*side/4 {
		t.Errorf("the heap grew by %d bytes for a set of %d", grown, n*side*side)
	}
	plain, err := open.Splits(path, datasets.Options{Counts: &datasets.Counts{Train: 150_000, Test: 50_000}, Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	image := plain.Train.Image(7)
	if want := (picture.Picture{Width: side, Height: side, Channels: 1, Pixels: image}).Resize(12,
		12).WithChannels(3).Pixels; !bytes.Equal(
		opened.Train.Image(7), want) {
		t.Error("image 7 is another one")
	}
	found := 0
	for i := range n {
		if bytes.Equal(s.Image(i), image) {
			found++
		}
	}
	if found != 1 {
		t.Errorf("image 7 is there %d times among those packed", found)
	}
	runtime.KeepAlive(opened)
}

func FuzzPacked(f *testing.F) {
	s, _ := open.Splits("digits", datasets.Options{Counts: &datasets.Counts{Train: 2, Test: 1}})
	f.Add(packed(f, s))
	f.Add(repack(`{"version":1,"width":1,"height":1,"channels":1,"splits":[{"split":"train","count":1}]}`, []byte("x")))
	_, raw := rawFile(f, s)
	f.Add(raw)
	posed := datasets.Splits{Train: settest.RGBD(2)}
	f.Add(packed(f, posed))
	_, raw = rawFile(f, posed)
	f.Add(raw)
	f.Add(rawHead(`{"version":2,"width":1,"height":1,"channels":1,"splits":[{"split":"train","count":9}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		read, err := pack.Read("fuzz", bytes.NewReader(data))
		if err == nil {
			if err := read.Validate(); err != nil {
				t.Errorf("accepted but invalid: %v", err)
			}
		}
		shared, mapErr := fromBytes(data)
		switch {
		case errors.Is(mapErr, mapped.ErrNoMapping): // version 1
		case mapErr == nil:
			if err := shared.Validate(); err != nil {
				t.Errorf("mapped but invalid: %v", err)
			}
			if err == nil {
				alike(t, "mapped", shared, read)
			}
		case err == nil:
			t.Errorf("read, but not mapped: %v", mapErr)
		}
	})
}
