package read

import (
	"bytes"
	"io"
	"math"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"pixelda-wgpu/datasets/settest"
)

func TestIDXRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 9).Draw(t, "n")
		h, w := rapid.IntRange(1, 9).Draw(t, "h"), rapid.IntRange(1, 9).Draw(t, "w")
		pixels := rapid.SliceOfN(rapid.Byte(), n*h*w, n*h*w).Draw(t, "pixels")
		labels := rapid.SliceOfN(rapid.ByteMax(9), n, n).Draw(t, "labels")
		images, tags := settest.IDX(8, pixels, uint32(n), uint32(h), uint32(w)), settest.IDX(8, labels, uint32(n))
		if rapid.Bool().Draw(t, "gzip") {
			images, tags = settest.Gzipped(images), settest.Gzipped(tags)
		}
		s, err := IDX("x", bytes.NewReader(images), bytes.NewReader(tags))
		if err != nil {
			t.Fatal(err)
		}
		if s.Len() != n || s.Height != h || s.Width != w || s.Channels != 1 || !bytes.Equal(s.Pixels(), pixels) {
			t.Fatalf("read %d images of %s", s.Len(), s.Shape())
		}
		for i, label := range labels {
			if s.Labels[i] != uint32(label) {
				t.Fatalf("label %d is %d, want %d", i, s.Labels[i], label)
			}
		}
	})
}

func TestIDXFloats(t *testing.T) {
	// Every k/255 returns to k, and so does the decimal rounding of halves.
	for k := range 256 {
		if got := unitToByte(float64(float32(k) / 255)); int(got) != k {
			t.Errorf("%d/255 became %d", k, got)
		}
	}
	for _, v := range []float64{0.1, 0.3, 0.5, 0.7, 0.9} { // 255·v is a half
		if text, binary := unitToByte(v), unitToByte(float64(float32(v))); text != binary {
			t.Errorf("%v: %d from decimal, %d from float32", v, text, binary)
		}
	}
	s, err := IDX("x", bytes.NewReader(settest.IDX(13, settest.FloatBytes(0, 1, 0.5, 0.25), 1, 2, 2)), nil)
	if err != nil || !bytes.Equal(s.Pixels(), []byte{0, 255, 128, 64}) || s.Labels != nil {
		t.Fatalf("%v %v", s, err)
	}
	rgb, err := IDX("x", bytes.NewReader(settest.IDX(8, make([]byte, 12), 1, 2, 2, 3)), nil)
	if err != nil || rgb.Channels != 3 {
		t.Fatalf("4-d: %v %v", rgb, err)
	}
}

func TestIDXErrors(t *testing.T) {
	good := settest.IDX(8, make([]byte, 8), 2, 2, 2)
	zipped := settest.Gzipped(good)
	for _, c := range []struct {
		name, want     string
		images, labels []byte
	}{
		{"empty", "too short", nil, nil},
		{"png", "not an idx file", []byte("\x89PNG\r\n"), nil},
		{"int32", "holds int32 (type 0x0C)", settest.IDX(12, nil, 1, 1, 1), nil},
		{"unknown type", "unknown type (type 0x77)", settest.IDX(0x77, nil, 1, 1, 1), nil},
		{"header cut", "ends inside its header", good[:10], nil},
		{"short", "ends after 7 of 8 values", good[:len(good)-1], nil},
		{"short floats", "ends after 1 of 4 values", settest.IDX(13, make([]byte, 7), 1, 2, 2), nil},
		{"short gzip", "short gzip: ends after", zipped[:len(zipped)-9], nil},
		{"long", "goes on after the 8 values", append(bytes.Clone(good), 0), nil},
		{"long floats", "goes on after the 1 values", settest.IDX(13, make([]byte, 5), 1, 1, 1), nil},
		{"huge", "no such file", settest.IDX(8, nil, math.MaxUint32, math.MaxUint32, math.MaxUint32), nil},
		{"huge and cut", "ends after 0 of 4000000000", settest.IDX(8, nil, 4000, 1000, 1000), nil},
		{"empty dimension", "dimension 1 is 0", settest.IDX(8, nil, 1, 0, 1), nil},
		{"2-d", "2 dimensions", settest.IDX(8, make([]byte, 4), 2, 2), nil},
		{"5 channels", "fourth dimension is 5", settest.IDX(8, make([]byte, 5), 1, 1, 1, 5), nil},
		{"NaN", "value 1 is NaN", settest.IDX(13, settest.FloatBytes(0, float32(math.NaN())), 1, 1, 2), nil},
		{"over 1", "value 0 is 1.5", settest.IDX(13, settest.FloatBytes(1.5, 0), 1, 1, 2), nil},
		{"float labels", "needed are unsigned bytes", good, settest.IDX(13, settest.FloatBytes(1, 1), 2)},
		{"label count", "3 labels for 2 images", good, settest.IDX(8, []byte{1, 2, 3}, 3)},
		{"2-d labels", "labels have 1", good, settest.IDX(8, []byte{1, 2}, 2, 1)},
	} {
		var labels io.Reader
		if c.labels != nil {
			labels = bytes.NewReader(c.labels)
		}
		s, err := IDX(c.name, bytes.NewReader(c.images), labels)
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), c.name) {
			t.Errorf("%s: %v, %v; want an error with %q", c.name, s, err, c.want)
		}
	}
}

// A header that promises 4 GB before a short body must not be believed.
func TestIDXAllocatesWhatArrives(t *testing.T) {
	bomb := settest.IDX(8, make([]byte, 100), 4000, 1000, 1000)
	result := testing.Benchmark(func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := IDX("x", bytes.NewReader(bomb), nil); err == nil {
				b.Fatal("accepted")
			}
		}
	})
	if bytes := result.AllocedBytesPerOp(); bytes > 4<<20 {
		t.Errorf("allocated %d bytes for a file of %d", bytes, len(bomb))
	}
}

func FuzzIDX(f *testing.F) {
	f.Add(settest.IDX(8, make([]byte, 8), 2, 2, 2), settest.IDX(8, []byte{1, 2}, 2))
	f.Add(settest.IDX(13, settest.FloatBytes(0, 1, 0.5, 0.25), 1, 2, 2), settest.IDX(8, []byte{0}, 1))
	f.Add(settest.Gzipped(settest.IDX(8, make([]byte, 12), 1, 2, 2, 3)), []byte{})
	f.Fuzz(func(t *testing.T, images, labels []byte) {
		s, err := IDX("fuzz", bytes.NewReader(images), bytes.NewReader(labels))
		if err == nil {
			err = s.Validate()
			if err != nil {
				t.Errorf("accepted but invalid: %v", err)
			}
		}
	})
}
