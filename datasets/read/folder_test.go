package read_test

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"pixelda-wgpu/datasets"
	"pixelda-wgpu/datasets/limits"
	"pixelda-wgpu/datasets/open"
	"pixelda-wgpu/datasets/read"
	"pixelda-wgpu/datasets/settest"
	"pixelda-wgpu/gpu/fault"
)

func TestFolderAndZIPAreEqual(t *testing.T) {
	f := settest.Tree{"notes.txt": []byte("x"), ".hidden/cat/1.png": []byte("x"), "__MACOSX/cat/._1.png": []byte("x"),
		"cat/.DS_Store": []byte("x")}
	f.Dots(t, "dog", 20, 100).Dots(t, "cat", 20, 0)
	var prints []string
	for _, path := range []string{f.Folder(t), f.ZipFile(t)} {
		s, err := open.Splits(path, datasets.Options{Seed: 3})
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(s.Train.Classes, []string{"cat", "dog"}) || s.Train.Channels != 1 {
			t.Errorf("classes %v, %d channels", s.Train.Classes, s.Train.Channels)
		}
		if s.Train.Len() != 32 || s.Valid.Len() != 4 || s.Test.Len() != 4 {
			t.Errorf("split %d, %d, %d", s.Train.Len(), s.Valid.Len(), s.Test.Len())
		}
		seen := map[byte]bool{}
		for _, set := range []*datasets.Set{s.Train, s.Valid, s.Test} {
			for i := range set.Len() {
				level := set.Image(i)[0]
				if seen[level] || (level >= 100) != (set.Labels[i] == 1) {
					t.Errorf("image of level %d: twice, or with the wrong label %d", level, set.Labels[i])
				}
				seen[level] = true
			}
		}
		prints = append(prints, s.Fingerprint())
		other, _ := open.Splits(path, datasets.Options{Seed: 4})
		if other.Fingerprint() == s.Fingerprint() {
			t.Error("the seed does not matter")
		}
	}
	if prints[0] != prints[1] {
		t.Error("folder and ZIP differ")
	}
}

func TestFolderSplitsAndDomains(t *testing.T) {
	f := settest.Tree{}
	for k, domain := range []string{"amazon", "webcam"} {
		f.Dots(t, "office/"+domain+"/train/bag", 3, 10*k).Dots(t, "office/"+domain+"/train/cup", 3, 50+10*k)
		f.Dots(t, "office/"+domain+"/test/bag", 2, 100+10*k)
		f.Dots(t, "office/"+domain+"/Validation/cup", 1, 150)
	}
	for _, path := range []string{f.Folder(t), f.ZipFile(t)} {
		all, err := open.Domains(path, datasets.Options{Size: 2, Channels: 3})
		if err != nil {
			t.Fatal(err)
		}
		if len(all) != 2 || all[0].Name != "amazon" || all[1].Name != "webcam" {
			t.Fatalf("domains %v", all)
		}
		for _, d := range all {
			if d.Train.Len() != 6 || d.Valid.Len() != 1 || d.Test.Len() != 2 || d.Train.Shape() != "2x2x3" {
				t.Errorf("%s: %d, %d, %d images of %s", d.Name, d.Train.Len(), d.Valid.Len(), d.Test.Len(),
					d.Train.Shape())
			}
		}
		if _, err := open.Splits(path, datasets.Options{}); err == nil ||
			!strings.Contains(err.Error(), "2 domains (amazon, webcam)") {
			t.Errorf("a path with domains: %v", err)
		}
		one, err := open.Splits(path+"/office/webcam", datasets.Options{})
		if err != nil || one.Train.Image(0)[0] != 10 || one.Test.Image(0)[0] != 110 {
			t.Errorf("one domain: %v", err)
		}
	}
}

func TestFolderUnlabelledAndNumbered(t *testing.T) {
	s, err := open.Splits(settest.Tree{}.Dots(t, "photos", 12, 0).ZipFile(t),
		datasets.Options{Counts: &datasets.Counts{}})
	if err != nil || s.Train.Len() != 12 || s.Train.Labelled() || s.Valid != nil || s.Test != nil {
		t.Fatalf("unlabelled: %+v %v", s, err)
	}
	f := settest.Tree{}
	for i := range 12 {
		f.Dots(t, fmt.Sprint(i), 1, i)
	}
	s, err = open.Splits(f.ZipFile(t), datasets.Options{Counts: &datasets.Counts{}})
	if err != nil || !slices.Equal(s.Train.Classes, datasets.NumberedClasses(12)) {
		t.Fatalf("numbered classes: %v %v", s.Train.Classes, err)
	}
	for i, label := range s.Train.Labels {
		if level := s.Train.Image(i)[0]; uint32(level) != label {
			t.Errorf("the image of folder %d has label %d", level, label)
		}
	}
}

func TestFolderMixesFormatsSizesAndColours(t *testing.T) {
	red := image.NewNRGBA(image.Rect(0, 0, 9, 5))
	for i := range 45 {
		red.SetNRGBA(i%9, i/9, color.NRGBA{255, 0, 0, 255})
	}
	f := settest.Tree{"a/1.PNG": settest.EncodePNG(t, red)}.Dots(t, "b", 2, 10)
	for name, file := range map[string]string{"a/2.jpeg": "420.jpg", "a/3.webp": "lossy.webp"} {
		f[name], _ = os.ReadFile(filepath.Join("..", "picture", "testdata", file))
	}
	if _, err := open.Splits(f.Folder(t), datasets.Options{}); err == nil ||
		!strings.Contains(err.Error(), "a/1.PNG is 9x5 but a/2.jpeg is 65x31: give a size") {
		t.Errorf("sizes differ: %v", err)
	}
	s, err := open.Splits(f.Folder(t), datasets.Options{Size: 8, Counts: &datasets.Counts{}})
	if err != nil || s.Train.Len() != 5 || s.Train.Shape() != "8x8x3" ||
		!bytes.Equal(s.Train.Image(0)[:3], []byte{255, 0, 0}) {
		t.Fatalf("%v %v", s.Train, err)
	}
	s, err = open.Splits(f.Folder(t), datasets.Options{Size: 8, Channels: 1, Counts: &datasets.Counts{}})
	if err != nil || s.Train.Shape() != "8x8x1" || s.Train.Image(0)[0] != 76 {
		t.Fatalf("grey: %v", err)
	}
}

func TestFolderErrors(t *testing.T) {
	png := settest.EncodePNG(t, settest.Grey(2, 2, 1))
	for name, c := range map[string]struct {
		files settest.Tree
		want  string
	}{
		"nothing":  {settest.Tree{"a.txt": png}, "no PNG, JPEG or WebP images"},
		"corrupt":  {settest.Tree{"a/1.png": png, "b/bad.png": png[:30]}, "b/bad.png: damaged png image"},
		"no image": {settest.Tree{"a/1.png": png, "b/bad.webp": []byte("hello")}, "b/bad.webp: no PNG, JPEG or WebP"},
		"uneven depth": {settest.Tree{"a/1.png": png, "2.png": png},
			"a/1.png does not lie in domain/class/image or class/image like 2.png"},
		"too deep": {settest.Tree{"a/b/c/1.png": png, "b/b/c/1.png": png}, "does not lie in domain/class/image"},
		"half split": {settest.Tree{"train/a/1.png": png, "other/a/1.png": png},
			"lies in a split folder but other/a/1.png does not"},
		"only test": {settest.Tree{"test/a/1.png": png, "valid/a/1.png": png}, "no images in train"},
		"foreign class": {settest.Tree{"x/a/1.png": png, "x/b/1.png": png, "y/a/1.png": png, "y/c/1.png": png},
			`class "b" is in`},
		"too few for test": {settest.Tree{"a/1.png": png, "b/1.png": png}, "2 images are too few"},
	} {
		o := datasets.Options{Counts: &datasets.Counts{}}
		if name == "too few for test" {
			o.Counts.Test = 2
		}
		for _, path := range []string{c.files.Folder(t), c.files.ZipFile(t)} {
			_, err := open.Domains(path, o)
			if err == nil || !strings.Contains(err.Error(), c.want) || fault.Of(err) == "" {
				t.Errorf("%s: %v; want %q", name, err, c.want)
			}
		}
	}
}

func TestZIPWithUnsafeNamesAndDamage(t *testing.T) {
	png := settest.EncodePNG(t, settest.Grey(2, 2, 9))
	s, err := read.Archive("z.zip", bytes.NewReader(settest.Tree{"../../etc/a/1.png": png, `..\b\1.png`: png,
		"/etc/a/2.png": png, "etc/b/1.png": png}.Zip(t)), 0, datasets.Options{})
	if err == nil {
		t.Errorf("a size of 0: %v", s)
	}
	data := settest.Tree{"../../x/a/1.png": png, `..\x\b\1.png`: png, "/x/a/2.png": png}.Zip(t)
	all, err := read.Archive("z.zip", bytes.NewReader(data), int64(len(data)),
		datasets.Options{Counts: &datasets.Counts{}})
	if err != nil || all[0].Train.Len() != 3 || !slices.Equal(all[0].Train.Classes, []string{"a", "b"}) {
		t.Errorf("unsafe names: %v %v", all, err)
	}
	for _, cut := range []int{10, len(data) / 2, len(data) - 1} {
		if _, err := read.Archive("z.zip", bytes.NewReader(data[:cut]), int64(cut), datasets.Options{}); err == nil ||
			!strings.Contains(err.Error(), "z.zip: damaged ZIP file") {
			t.Errorf("cut at %d: %v", cut, err)
		}
	}
	at := bytes.Index(data, []byte("IHDR"))
	data[at+12] ^= 1
	if _, err := read.Archive("z.zip", bytes.NewReader(data), int64(len(data)), datasets.Options{}); err == nil {
		t.Error("a flipped bit in an image went unseen")
	}
}

// A ZIP entry that unpacks to more than an image file may have is stopped there.
func TestZIPBomb(t *testing.T) {
	data := settest.Tree{"a/1.png": make([]byte, limits.FileBytes+1), "b/1.png": nil}.Zip(t)
	if len(data) > 1<<20 {
		t.Fatal("not a bomb")
	}
	if _, err := read.Archive("z.zip", bytes.NewReader(data), int64(len(data)), datasets.Options{}); err == nil ||
		!strings.Contains(err.Error(), "a/1.png: a file of 67108865 bytes") {
		t.Errorf("%v", err)
	}
}

func FuzzZIP(f *testing.F) {
	f.Add(settest.Tree{}.Dots(f, "a", 2, 1).Dots(f, "b", 2, 1).Zip(f))
	f.Add(settest.Tree{}.Dots(f, "x/train/a", 1, 1).Dots(f, "x/test/a", 2, 1).Dots(f, "y/train/a", 1, 1).Dots(f,
		"y/test/a", 1,
		1).Zip(f))
	f.Fuzz(func(t *testing.T, data []byte) {
		all, err := read.Archive("fuzz.zip", bytes.NewReader(data), int64(len(data)), datasets.Options{Size: 3})
		for _, d := range all {
			if err := d.Validate(); err != nil {
				t.Errorf("accepted but invalid: %v", err)
			}
		}
		if err == nil && len(all) == 0 {
			t.Error("neither domains nor an error")
		}
	})
}

// TestLinkedFolder opens a set through a link to its folder, as data folders often have.
func TestLinkedFolder(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "a.png"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(dir, link); err != nil {
		t.Fatal(err) // Windows wants a privilege for it
	}
	files, err := read.ListFolder(link, read.IsImage)
	if err != nil || len(files) != 1 || files[0].Path != "a.png" {
		t.Errorf("it finds %v, %v", files, err)
	}
}
