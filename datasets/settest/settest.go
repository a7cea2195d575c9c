// Package settest makes files and sets for tests.
package settest

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"maps"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/num/quat"

	"pixelda-wgpu/datasets"
)

// EncodePNG is an image as a file.
func EncodePNG(t testing.TB, m image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// Grey is an image of one level.
func Grey(w, h int, v byte) *image.Gray {
	m := image.NewGray(image.Rect(0, 0, w, h))
	for i := range m.Pix {
		m.Pix[i] = v
	}
	return m
}

// Compare returns the largest difference and the share of unequal bytes.
func Compare(a, b []byte) (worst int, unequal float64) {
	for i := range a {
		d := max(int(a[i]), int(b[i])) - min(int(a[i]), int(b[i]))
		worst = max(worst, d)
		if d > 0 {
			unequal += 1 / float64(len(a))
		}
	}
	return worst, unequal
}

// Tree maps paths to contents: a folder or ZIP in the making.
type Tree map[string][]byte

// Dots adds n images to a folder of the tree; the i-th is flat with level base+i.
func (f Tree) Dots(t testing.TB, dir string, n, base int) Tree {
	for i := range n {
		f[fmt.Sprintf("%s/%03d.png", dir, i)] = EncodePNG(t, Grey(4, 4, byte(base+i)))
	}
	return f
}

// Folder writes the files into a new folder.
func (f Tree) Folder(t testing.TB) string {
	dir := t.TempDir()
	for name, data := range f {
		path := filepath.Join(dir, filepath.FromSlash(name))
		_ = os.MkdirAll(filepath.Dir(path), 0o755) // WriteFile reports what fails
		if err := os.WriteFile(path, data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// Zip is the files as a ZIP file.
func (f Tree) Zip(t testing.TB) []byte {
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for name, data := range f {
		h := &zip.FileHeader{Name: name}
		if len(data) > 1<<20 {
			h.Method = zip.Deflate
		}
		e, err := w.CreateHeader(h)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = e.Write(data) // to memory
	}
	w.Close()
	return b.Bytes()
}

// ZipFile writes the files into a new ZIP file.
func (f Tree) ZipFile(t testing.TB) string {
	path := filepath.Join(t.TempDir(), "set.zip")
	if err := os.WriteFile(path, f.Zip(t), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// Tar is the files as a tar file.
func (f Tree) Tar(t testing.TB) []byte {
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, name := range slices.Sorted(maps.Keys(f)) {
		if err := w.WriteHeader(&tar.Header{Name: "./" + name, Size: int64(len(f[name])), Mode: 0o644}); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(f[name]); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// Edit replaces the first occurrence of from in a file.
func (f Tree) Edit(name, from, to string) {
	f[name] = bytes.Replace(f[name], []byte(from), []byte(to), 1)
}

// Gzipped compresses bytes.
func Gzipped(b []byte) []byte {
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	_, _ = w.Write(b) // to memory
	w.Close()
	return out.Bytes()
}

// Noise is n images of random bytes; the labels repeat in turn.
func Noise(n, width, height, channels int, seed uint64) *datasets.Set {
	s := datasets.Set{Name: "noise", Width: width, Height: height, Channels: channels,
		Classes: datasets.NumberedClasses(10)}
	r := rand.New(rand.NewPCG(seed, 0))
	var pixels []byte
	for i := range n {
		for range s.ImageBytes() {
			pixels = append(pixels, byte(max(0, r.IntN(512)-256))) // half of it zero
		}
		s.Labels = append(s.Labels, uint32(i%10))
	}
	return s.Of(pixels)
}

// WriteMNIST writes a set into a folder as files of MNIST.
func WriteMNIST(t testing.TB, s *datasets.Set, dir, images, labels string) {
	t.Helper()
	_ = os.MkdirAll(dir, 0o755) // what fails, fails below
	var tags []byte
	for _, label := range s.Labels {
		tags = append(tags, byte(label))
	}
	Put(t, filepath.Join(dir, images), IDX(8, s.Pixels(), uint32(s.Len()), uint32(s.Height), uint32(s.Width)))
	Put(t, filepath.Join(dir, labels), IDX(8, tags, uint32(s.Len())))
}

// Put writes a file, gzipped if its name says so, and creates the folders that it needs.
func Put(t testing.TB, path string, data []byte) {
	t.Helper()
	if strings.HasSuffix(path, ".gz") {
		data = Gzipped(data)
	}
	_ = os.MkdirAll(filepath.Dir(path), 0o755) // what fails, fails below
	if err := os.WriteFile(path, data, 0o644); err != nil {
		t.Fatal(err)
	}
}

// SmallMNIST writes a few random images into root as the files of MNIST.
func SmallMNIST(t testing.TB, root string) (train, test *datasets.Set) {
	train, test = Noise(40, 28, 28, 1, 1), Noise(20, 28, 28, 1, 2)
	WriteMNIST(t, train, filepath.Join(root, "mnist"), "train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz")
	WriteMNIST(t, test, filepath.Join(root, "mnist"), "t10k-images.idx3-ubyte", "t10k-labels.idx1-ubyte")
	return train, test
}

// RGBD is n images of 2×2 with depth and poses, of two classes in turn.
func RGBD(n int) *datasets.Set {
	s := datasets.Set{Name: "RGBD", Width: 2, Height: 2, Channels: 4, Classes: []string{"a", "b"}}
	var pixels []byte
	for i := range n {
		for p := range 4 {
			pixels = append(pixels, byte(40*p+i), byte(40*p+10+i), byte(40*p+20+i), byte(250+p))
		}
		s.Labels = append(s.Labels, uint32(i%2))
		s.Poses = append(s.Poses, datasets.NewPose(quat.Number{Real: -1, Jmag: float64(i)}))
	}
	return s.Of(pixels)
}

// RealData is the folder with the real sets: the one that PIXELDA_DATA names, or the one next to
// the repository. Tests of real data cannot run without it.
func RealData(t *testing.T, set string) string {
	t.Helper()
	dir := os.Getenv("PIXELDA_DATA")
	if dir == "" {
		dir = filepath.Join("..", "..", "..", "shared", "data")
	}
	if _, err := os.Stat(filepath.Join(dir, set)); err != nil {
		t.Skipf("real %s not found: set PIXELDA_DATA to the folder that holds it", set)
	}
	return dir
}

// Histogram counts the labels 0 to 9.
func Histogram(s *datasets.Set) (h [10]int) {
	for _, label := range s.Labels {
		h[label]++
	}
	return h
}

// IDX writes an idx file of the given type, dimensions and values.
func IDX(code byte, values []byte, dims ...uint32) []byte {
	b := []byte{0, 0, code, byte(len(dims))}
	for _, d := range dims {
		b = binary.BigEndian.AppendUint32(b, d)
	}
	return append(b, values...)
}

// FloatBytes is values as idx files have them.
func FloatBytes(values ...float32) (b []byte) {
	for _, v := range values {
		b = binary.BigEndian.AppendUint32(b, math.Float32bits(v))
	}
	return b
}

// Photo is a JPEG of w×h with a gradient that makes positions distinguishable.
func Photo(t testing.TB, w, h int, tint byte) []byte {
	m := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			m.Set(x, y, color.RGBA{byte(3 * x), byte(3 * y), tint, 255})
		}
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m, nil); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}
