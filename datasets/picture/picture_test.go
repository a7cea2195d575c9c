package picture_test

import (
	"bytes"
	"image"
	"image/color"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pixelda-wgpu/datasets/picture"
	"pixelda-wgpu/datasets/settest"
)

// Decoded JPEG and WebP files must look as they do to libjpeg and libwebp
// (testdata/NAME-EXT.png, decoded by Pillow 9.4). WebP is bit-exact. JPEG leaves
// the inverse cosine transform to the decoder: one level in luma and in chroma
// makes 1 + 1.772 in blue. Repeated chroma or full-range WebP err by over 10.
func TestDecodeAgreesWithLibraries(t *testing.T) {
	for name, limit := range map[string]int{"420.jpg": 3, "422.jpg": 3, "444.jpg": 3, "lossy.webp": 0,
		"lossless.webp": 0} {
		data, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			t.Fatal(err)
		}
		reference, err := os.ReadFile(filepath.Join("testdata", strings.ReplaceAll(name, ".", "-")+".png"))
		if err != nil {
			t.Fatal(err)
		}
		got, err := picture.Decode(data)
		if err != nil {
			t.Fatal(err)
		}
		want, err := picture.Decode(reference)
		if err != nil || got.Width != want.Width || got.Height != want.Height || got.Channels != 3 {
			t.Fatalf("%s: %dx%dx%d, want %dx%d: %v", name, got.Width, got.Height, got.Channels, want.Width, want.Height,
				err)
		}
		worst, unequal := settest.Compare(got.Pixels, want.Pixels)
		t.Logf("%s: off by at most %d, %.1f %% unequal", name, worst, 100*unequal)
		if worst > limit {
			t.Errorf("%s: off by %d levels, more than %d", name, worst, limit)
		}
	}
}

func TestDecodeColourModels(t *testing.T) {
	r := image.Rect(0, 0, 1, 1)
	wide, clear, palette := image.NewGray16(r), image.NewNRGBA(r),
		image.NewPaletted(r, color.Palette{color.RGBA{1, 2, 3, 255}})
	wide.SetGray16(0, 0, color.Gray16{0x80ff})
	clear.SetNRGBA(0, 0, color.NRGBA{200, 100, 50, 128})
	for name, c := range map[string]struct {
		m    image.Image
		want []byte
	}{
		"grey":        {settest.Grey(1, 1, 7), []byte{7}},
		"grey 16":     {wide, []byte{0x80}},
		"transparent": {clear, []byte{100, 50, 25}}, // over black
		"palette":     {palette, []byte{1, 2, 3}},
	} {
		p, err := picture.Decode(settest.EncodePNG(t, c.m))
		if err != nil || !bytes.Equal(p.Pixels, c.want) || p.Channels != len(c.want) {
			t.Errorf("%s: %v, %v; want %v", name, p.Pixels, err, c.want)
		}
	}
}

func TestPictureChannels(t *testing.T) {
	p := picture.Picture{3, 1, 3, []byte{255, 255, 255, 0, 0, 0, 255, 0, 0}}
	if got := p.WithChannels(1).Pixels; !bytes.Equal(got, []byte{255, 0, 76}) {
		t.Errorf("luma %v", got)
	}
	if got := (picture.Picture{2, 1, 1, []byte{3, 9}}).WithChannels(3).Pixels; !bytes.Equal(got,
		[]byte{3, 3, 3, 9, 9, 9}) {
		t.Errorf("tiled %v", got)
	}
}

func TestDecodeErrors(t *testing.T) {
	good := settest.EncodePNG(t, settest.Grey(4, 4, 1))
	bomb := bytes.Clone(good)
	copy(bomb[16:], []byte{0, 1, 0, 0, 0, 1, 0, 0}) // 65536×65536; the checksum is checked later
	for name, c := range map[string]struct {
		data []byte
		want string
	}{
		"text": {[]byte("hello"), "no PNG, JPEG or WebP image"},
		"none": {nil, "no PNG, JPEG or WebP image"},
		"cut":  {good[:len(good)-20], "damaged png image"},
		"bomb": {bomb, "png"},
	} {
		if _, err := picture.Decode(c.data); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v; want %q", name, err, c.want)
		}
	}
	huge := settest.EncodePNG(t, image.NewPaletted(image.Rect(0, 0, 1<<15, 1<<12), color.Palette{color.Black}))
	if _, err := picture.Decode(huge); err == nil || !strings.Contains(err.Error(), "an image of 32768x4096 pixels") {
		t.Errorf("bomb of %d bytes: %v", len(huge), err)
	}
}

func FuzzPicture(f *testing.F) {
	f.Add(settest.EncodePNG(f, settest.Grey(4, 4, 1)))
	for _, name := range []string{"420.jpg", "lossy.webp", "lossless.webp"} {
		data, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if p, err := picture.Decode(data); err == nil {
			p.WithChannels(1).Resize(5, 3)
		}
	})
}
