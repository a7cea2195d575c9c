package pack_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"

	"pixelda-wgpu/datasets"
	"pixelda-wgpu/datasets/open"
	"pixelda-wgpu/datasets/pack"
	"pixelda-wgpu/datasets/settest"
)

func packed(t testing.TB, s datasets.Splits) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := pack.Write(&b, s); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestPackedRoundTrip(t *testing.T) {
	whole, err := open.Splits("digits-m", datasets.Options{Counts: &datasets.Counts{Train: 30, Valid: 5, Test: 7}})
	if err != nil {
		t.Fatal(err)
	}
	bare := datasets.Splits{Origin: "x", Train: datasets.Set{Name: "x", Width: 2, Height: 3,
		Channels: 1}.Of(make([]byte, 12))}
	for _, s := range []datasets.Splits{whole, bare, {Train: whole.Test},
		{Train: settest.RGBD(5), Test: settest.RGBD(2)}} {
		got, err := pack.Read("x", bytes.NewReader(packed(t, s)))
		if err != nil {
			t.Fatal(err)
		}
		if got.Fingerprint() != s.Fingerprint() || got.Origin != s.Origin || got.Train.Name != s.Train.Name ||
			got.Train.Labelled() != s.Train.Labelled() || !slices.Equal(got.Train.Poses, s.Train.Poses) ||
			(got.Valid == nil) != (s.Valid == nil) {
			t.Errorf("read %+v", got)
		}
	}
}

func TestPackedFile(t *testing.T) {
	dir := t.TempDir()
	s, _ := open.Splits("digits", datasets.Options{Counts: &datasets.Counts{Train: 40, Test: 10}})
	path := filepath.Join(dir, "d.pxds")
	if err := pack.SaveCompressed(path, s); err != nil {
		t.Fatal(err)
	}
	if names, _ := os.ReadDir(dir); len(names) != 1 {
		t.Errorf("left behind: %v", names)
	}
	same, err := open.Splits(path, datasets.Options{})
	if err != nil || same.Fingerprint() != s.Fingerprint() {
		t.Errorf("opened: %v", err)
	}
	other, err := open.Splits(path, datasets.Options{Size: 14, Counts: &datasets.Counts{Train: 20, Valid: 5}})
	if err != nil || other.Train.Len() != 20 || other.Valid.Len() != 5 || other.Test.Len() != 10 ||
		other.Train.Width != 14 {
		t.Errorf("with counts: %v", err)
	}
	if err := pack.SaveCompressed(filepath.Join(dir, "none", "d.pxds"), s); err == nil {
		t.Error("wrote into a folder that is not there")
	}
	if err := pack.SaveCompressed(filepath.Join(dir, "e.pxds"), datasets.Splits{}); err == nil {
		t.Error("wrote a set without images")
	}
	if names, _ := os.ReadDir(dir); len(names) != 1 {
		t.Errorf("left behind after errors: %v", names)
	}
}

// repack joins a header and raw content into a packed file.
func repack(header string, content []byte) []byte {
	b := binary.LittleEndian.AppendUint32([]byte("PXDS"), uint32(len(header)))
	z, _ := zstd.NewWriter(nil)
	return z.EncodeAll(content, append(b, header...))
}

func TestPackedErrors(t *testing.T) {
	header := func(version, width, count int, split string) string {
		return fmt.Sprintf(
			`{"version":%d,"width":%d,"height":1,"channels":1,"splits":[{"split":%q,"count":%d}],"fingerprint":"x"}`,
			version, width, split, count)
	}
	good, _ := open.Splits("digits", datasets.Options{Counts: &datasets.Counts{Train: 3}})
	data := packed(t, good)
	flipped := bytes.Clone(data)
	flipped[len(flipped)-40] ^= 1
	for name, c := range map[string]struct {
		data []byte
		want string
	}{
		"empty":       {nil, "not a packed set"},
		"png":         {[]byte("\x89PNG\r\n\x1a\n..."), "not a packed set"},
		"header size": {[]byte("PXDS\xff\xff\xff\xff"), "a header of 4294967295 bytes"},
		"header cut":  {data[:50], "cut off in its header"},
		"header":      {repack("{", nil), "damaged header"},
		"version": {repack(header(5, 1, 1, "train"), nil),
			"version 5 of the format; this program reads versions 1 to 4: "},
		"width":       {repack(header(1, 0, 1, "train"), nil), "images of 0x1x1 are impossible"},
		"huge images": {repack(header(1, 1<<40, 1, "train"), nil), "are impossible"},
		"huge count": {repack(header(1, 1, 1<<40, "train"), nil),
			"split train of 1099511627776 images is impossible"},
		"bomb":          {repack(header(1, 1000, 4000000, "train"), []byte("x")), "after 1 of 4000000000 bytes"},
		"unknown split": {repack(header(1, 1, 1, "dev"), []byte("x")), `split "dev" is unknown`},
		"no train":      {repack(header(1, 1, 1, "test"), []byte("x")), "the set is missing"},
		"fingerprint":   {repack(header(1, 1, 1, "train"), []byte("x")), "its header says x"},
		"too long":      {repack(header(1, 1, 1, "train"), []byte("xy")), "damaged after the last split"},
		"cut":           {data[:len(data)-100], "cut off or damaged"},
		"flipped":       {flipped, "x: "},
	} {
		if _, err := pack.Read("x", bytes.NewReader(c.data)); err == nil || !strings.Contains(err.Error(), c.want) ||
			!strings.HasPrefix(err.Error(), "x: ") {
			t.Errorf("%s: %v; want %q", name, err, c.want)
		}
	}
}
