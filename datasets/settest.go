package datasets

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
)

func encodePNG(t testing.TB, m image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func grey(w, h int, v byte) *image.Gray {
	m := image.NewGray(image.Rect(0, 0, w, h))
	for i := range m.Pix {
		m.Pix[i] = v
	}
	return m
}

// compare returns the largest difference and the share of unequal bytes.
func compare(a, b []byte) (worst int, unequal float64) {
	for i := range a {
		d := max(int(a[i]), int(b[i])) - min(int(a[i]), int(b[i]))
		worst = max(worst, d)
		if d > 0 {
			unequal += 1 / float64(len(a))
		}
	}
	return worst, unequal
}

// tree is files by path: a folder or ZIP in the making.
type tree map[string][]byte

// dots adds n images to a folder of the tree, of which the i-th is flat with
// level base+i.
func (f tree) dots(t testing.TB, dir string, n, base int) tree {
	for i := range n {
		f[fmt.Sprintf("%s/%03d.png", dir, i)] = encodePNG(t, grey(4, 4, byte(base+i)))
	}
	return f
}

func (f tree) folder(t testing.TB) string {
	dir := t.TempDir()
	for name, data := range f {
		path := filepath.Join(dir, filepath.FromSlash(name))
		os.MkdirAll(filepath.Dir(path), 0o755)
		if err := os.WriteFile(path, data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func (f tree) zip(t testing.TB) []byte {
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
		e.Write(data)
	}
	w.Close()
	return b.Bytes()
}

func (f tree) zipFile(t testing.TB) string {
	path := filepath.Join(t.TempDir(), "set.zip")
	if err := os.WriteFile(path, f.zip(t), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

func (f tree) tar(t testing.TB) []byte {
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

func (f tree) edit(name, from, to string) {
	f[name] = bytes.Replace(f[name], []byte(from), []byte(to), 1)
}

func gzipped(b []byte) []byte {
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	w.Write(b)
	w.Close()
	return out.Bytes()
}

// noise is n images of random bytes, with labels that go round.
func noise(n, width, height, channels int, seed uint64) *Set {
	s := Set{Name: "noise", Width: width, Height: height, Channels: channels, Classes: numberedClasses(10)}
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

// writeMNIST puts a set into a folder as MNIST's files.
func writeMNIST(t testing.TB, s *Set, dir, images, labels string) {
	t.Helper()
	os.MkdirAll(dir, 0o755)
	var tags []byte
	for _, label := range s.Labels {
		tags = append(tags, byte(label))
	}
	put(t, filepath.Join(dir, images), idxBytes(8, s.Pixels(), uint32(s.Len()), uint32(s.Height), uint32(s.Width)))
	put(t, filepath.Join(dir, labels), idxBytes(8, tags, uint32(s.Len())))
}

func put(t testing.TB, path string, data []byte) {
	t.Helper()
	if strings.HasSuffix(path, ".gz") {
		data = gzipped(data)
	}
	os.MkdirAll(filepath.Dir(path), 0o755)
	if err := os.WriteFile(path, data, 0o644); err != nil {
		t.Fatal(err)
	}
}

func smallMNIST(t testing.TB, root string) (train, test *Set) {
	train, test = noise(40, 28, 28, 1, 1), noise(20, 28, 28, 1, 2)
	writeMNIST(t, train, filepath.Join(root, "mnist"), "train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz")
	writeMNIST(t, test, filepath.Join(root, "mnist"), "t10k-images.idx3-ubyte", "t10k-labels.idx1-ubyte")
	return train, test
}

// rgbdSet is n images of 2×2 with depth, of two classes in turn, with poses.
func rgbdSet(n int) *Set {
	s := Set{Name: "RGBD", Width: 2, Height: 2, Channels: 4, Classes: []string{"a", "b"}}
	var pixels []byte
	for i := range n {
		for p := range 4 {
			pixels = append(pixels, byte(40*p+i), byte(40*p+10+i), byte(40*p+20+i), byte(250+p))
		}
		s.Labels = append(s.Labels, uint32(i%2))
		s.Poses = append(s.Poses, NewPose(quat.Number{Real: -1, Jmag: float64(i)}))
	}
	return s.Of(pixels)
}

// realData is the folder with the real sets that PIXELDA_DATA names, or the one
// beside the repository. Tests of real data cannot run without it.
func realData(t *testing.T, set string) string {
	t.Helper()
	dir := os.Getenv("PIXELDA_DATA")
	if dir == "" {
		dir = filepath.Join("..", "..", "shared", "data")
	}
	if _, err := os.Stat(filepath.Join(dir, set)); err != nil {
		t.Skipf("real %s not found: set PIXELDA_DATA to the folder that holds it", set)
	}
	return dir
}

func histogram(s *Set) (h [10]int) {
	for _, label := range s.Labels {
		h[label]++
	}
	return h
}

// idxBytes writes an idx file of the given type, dimensions and values.
func idxBytes(code byte, values []byte, dims ...uint32) []byte {
	b := []byte{0, 0, code, byte(len(dims))}
	for _, d := range dims {
		b = binary.BigEndian.AppendUint32(b, d)
	}
	return append(b, values...)
}

func floatBytes(values ...float32) (b []byte) {
	for _, v := range values {
		b = binary.BigEndian.AppendUint32(b, math.Float32bits(v))
	}
	return b
}

// photo is a JPEG of w×h with a gradient that tells places apart.
func photo(t testing.TB, w, h int, tint byte) []byte {
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
