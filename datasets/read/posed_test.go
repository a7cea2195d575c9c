package read_test

import (
	"fmt"
	"image"
	"image/color"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"pixelda-wgpu/datasets"
	"pixelda-wgpu/datasets/open"
	"pixelda-wgpu/datasets/picture"
	"pixelda-wgpu/datasets/settest"
)

// millimetres is a 16-bit depth image of 4×4: a surface at the given distance, and
// one pixel each without a reading, 100 mm nearer, 150 mm farther and far away.
func millimetres(t testing.TB, surface uint16) []byte {
	m := image.NewGray16(image.Rect(0, 0, 4, 4))
	for i := range 16 {
		v := surface
		switch i {
		case 0:
			v = 0
		case 1:
			v = surface - 100
		case 2:
			v = surface + 150
		case 3:
			v = surface + 900
		}
		m.SetGray16(i%4, i/4, color.Gray16{Y: v})
	}
	return settest.EncodePNG(t, m)
}

func rgb(width, height int, c color.NRGBA) image.Image {
	m := image.NewNRGBA(image.Rect(0, 0, width, height))
	for i := range width * height {
		m.SetNRGBA(i%width, i/width, c)
	}
	return m
}

// cropped is a small folder in the form of Cropped LineMod: two classes of three
// images, with depth in 16 bits, or 8 in the second class.
func cropped(t testing.TB) settest.Tree {
	f := settest.Tree{}
	for k, class := range []string{"ape", "cam"} {
		var text strings.Builder
		for i := range 3 {
			name := fmt.Sprintf("real%d.png", i)
			f[class+"/rgb/"+name] = settest.EncodePNG(t, rgb(4, 4, color.NRGBA{byte(10 * i), byte(100 * k), 7, 255}))
			f[class+"/depth/"+name] = millimetres(t, 700)
			if k == 1 {
				f[class+"/depth/"+name] = settest.EncodePNG(t, settest.Grey(4, 4, byte(50+i)))
			}
			fmt.Fprintf(&text, "# %s\n-0.6 0 %s 0\n", name, []string{"0.8", "-.8", "8e-1"}[i])
		}
		f[class+"/poses.txt"] = []byte(text.String())
	}
	return f
}

func TestCroppedLineMod(t *testing.T) {
	f := cropped(t)
	s, err := open.Splits(f.Folder(t), datasets.Options{Counts: &datasets.Counts{}})
	if err != nil {
		t.Fatal(err)
	}
	a := s.Train
	if a.Shape() != "4x4x4" || !slices.Equal(a.Classes, []string{"ape", "cam"}) ||
		!slices.Equal(a.Labels, []uint32{0, 0, 0, 1, 1, 1}) {
		t.Fatalf("%s, %v, %v", a.Shape(), a.Classes, a.Labels)
	}
	for i, p := range a.Poses {
		if want := []datasets.Pose{{0.6, 0, -0.8, 0}, {0.6, 0, 0.8, 0}, {0.6, 0, -0.8, 0}}[i%3]; p != want {
			t.Errorf("pose %d is %v, want %v", i, p, want)
		}
	}
	// The median of the middle is the surface: 200 mm before it is 0, behind it 255.
	if got := a.Image(1)[:20]; !slices.Equal(got, []byte{10, 0, 7, 255, 10, 0, 7, 64, 10, 0, 7, 223, 10, 0, 7, 255, 10,
		0, 7, 128}) {
		t.Errorf("image 1 is %v", got)
	}
	if got := a.Image(5)[:4]; !slices.Equal(got, []byte{20, 100, 7, 52}) {
		t.Errorf("image 5 is %v", got)
	}
	flat, err := open.Splits(f.Folder(t), datasets.Options{Counts: &datasets.Counts{}, Channels: 3, Size: 2})
	if err != nil || flat.Train.Shape() != "2x2x3" || !slices.Equal(flat.Train.Poses, a.Poses) {
		t.Errorf("without depth: %s, %v", flat.Train.Shape(), err)
	}
	bare := settest.Tree{}
	for name, data := range f {
		if !strings.Contains(name, "/depth/") {
			bare[name] = data
		}
		if strings.Contains(name, "/rgb/") {
			bare[strings.Replace(name, "/rgb/", "/mask/", 1)] = settest.EncodePNG(t, settest.Grey(4, 4, 1))
		}
	}
	if s, err := open.Splits(bare.Folder(t), datasets.Options{Counts: &datasets.Counts{}}); err != nil ||
		s.Train.Shape() != "4x4x3" ||
		s.Train.Len() != 6 || !slices.Equal(s.Train.Classes, a.Classes) {
		t.Errorf("folders rgb and mask without depth: %v", err)
	}
	// A stated distance is the object's: 750 instead of the surface at 700.
	f["ape/poses.txt"] = []byte("# real0.png\n1 0 0 0 750\n# real1.png\n1 0 0 0 750\n# real2.png\n1 0 0 0 750\n")
	s, err = open.Splits(f.Folder(t), datasets.Options{Counts: &datasets.Counts{}})
	if err != nil || s.Train.Image(0)[4*5+3] != 96 {
		t.Errorf("depth %d at a stated distance: %v", s.Train.Image(0)[4*5+3], err)
	}
	// The same in an archive, in split folders, and packed from it as a stream.
	split := settest.Tree{}
	for name, data := range f {
		split["train/"+name], split["test/"+name] = data, data
	}
	path := filepath.Join(t.TempDir(), "c.tar.gz")
	settest.Put(t, path, split.Tar(t))
	all, err := open.Splits(path, datasets.Options{Counts: &datasets.Counts{}})
	if err != nil || all.Train.Fingerprint() != s.Train.Fingerprint() ||
		all.Test.Fingerprint() != s.Train.Fingerprint() {
		t.Errorf("in split folders of an archive: %v", err)
	}
	packed := filepath.Join(t.TempDir(), "c.pxds")
	if _, err := open.Pack(packed, path, datasets.Options{Counts: &datasets.Counts{}}, true, nil); err != nil {
		t.Fatal(err)
	}
	if same, err := open.Splits(packed, datasets.Options{}); err != nil || same.Fingerprint() != all.Fingerprint() {
		t.Errorf("packed: %v", err)
	}
	var files []open.File
	for name, data := range f {
		files = append(files, open.File{Path: "x/" + name, Data: data})
	}
	if got, err := open.Files("x", files, datasets.Options{Counts: &datasets.Counts{}}); err != nil ||
		got[0].Fingerprint() != s.Fingerprint() {
		t.Errorf("in memory: %v", err)
	}
}

// Crops without depth, of which a list names the training images of each class.
func TestCropsWithTrainingList(t *testing.T) {
	f := settest.Tree{"d/fine/ape/poses.txt": []byte("# fine0.png\n1 0 0 0\n"),
		"d/fine/ape/fine0.png": settest.EncodePNG(t, rgb(4, 4, color.NRGBA{9, 9, 8, 255}))}
	for name, data := range cropped(t) {
		if !strings.Contains(name, "/depth/") {
			f["d/real/"+strings.Replace(name, "/rgb", "", 1)] = data
		}
	}
	f["d/fine/cam/poses.txt"], f["d/fine/cam/fine0.png"] = f["d/fine/ape/poses.txt"], f["d/fine/ape/fine0.png"]
	f["d/real/training_split.txt"] = []byte("2, 0\r\n")
	path := filepath.Join(t.TempDir(), "c.tgz")
	settest.Put(t, path, settest.Gzipped(f.Tar(t)))
	s, err := open.Splits(path+"/d/real", datasets.Options{})
	if err != nil {
		t.Fatal(err)
	}
	reds := func(s *datasets.Set) (all []byte) {
		for i := range s.Len() {
			all = append(all, s.Image(i)[0])
		}
		return all
	}
	if !slices.Equal(reds(s.Train), []byte{0, 20, 0, 20}) || !slices.Equal(reds(s.Test), []byte{10, 10}) ||
		s.Train.Channels != 3 || len(s.Test.Poses) != 2 {
		t.Errorf("train %v, test %v", reds(s.Train), reds(s.Test))
	}
	if all, err := open.Domains(path, datasets.Options{}); err != nil || len(all) != 2 || all[0].Name != "fine" ||
		all[0].Train.Len() != 2 {
		t.Errorf("domains: %v", err)
	}
}

func TestCroppedLineModErrors(t *testing.T) {
	for name, c := range map[string]struct {
		change func(f settest.Tree)
		want   string
	}{
		"norm": {func(f settest.Tree) {
			f.Edit("ape/poses.txt", "-0.6 0 -.8 0", "-0.6 0 -.7 0")
		}, "ape/poses.txt, line 4: the quaternion -0.6 0 -.7 0 has the norm 0.922, not 1"},
		"numbers": {func(f settest.Tree) {
			f.Edit("ape/poses.txt", "-0.6 0 -.8 0", "-0.6 0 -.8")
		}, "ape/poses.txt, line 4: 3 numbers; want a quaternion"},
		"word": {func(f settest.Tree) {
			f.Edit("ape/poses.txt", "-0.6 0 -.8 0", "-0.6 0 -.8 O")
		}, `ape/poses.txt, line 4: "O" is no number`},
		"NaN": {func(f settest.Tree) {
			f.Edit("ape/poses.txt", "-0.6 0 -.8 0", "NaN 0 -.8 0")
		}, `ape/poses.txt, line 4: "NaN" is no number`},
		"distance": {func(f settest.Tree) {
			f.Edit("ape/poses.txt", "-0.6 0 -.8 0", "-0.6 0 -.8 0 -5")
		}, "ape/poses.txt, line 4: a distance of -5 mm"},
		"no name": {func(f settest.Tree) {
			f.Edit("cam/poses.txt", "# real0.png\n", "")
		}, `cam/poses.txt, line 1: a pose without a line "# NAME.png" before it`},
		"no pose": {func(f settest.Tree) {
			f.Edit("cam/poses.txt", "-0.6 0 -.8 0\n", "")
		}, "cam/poses.txt, line 3: no pose follows real1.png"},
		"cut": {func(f settest.Tree) {
			f.Edit("cam/poses.txt", "-0.6 0 8e-1 0\n", "")
		}, "cam/poses.txt, line 5: no pose follows real2.png"},
		"twice": {func(f settest.Tree) {
			f.Edit("cam/poses.txt", "real2.png", "real0.png")
		}, "cam/poses.txt, line 5: real0.png has a pose already, in line 1"},
		"path": {func(f settest.Tree) {
			f.Edit("cam/poses.txt", "real2.png", "../real2.png")
		}, `cam/poses.txt, line 5: "../real2.png" is no image's name`},
		"empty": {func(f settest.Tree) { f["cam/poses.txt"] = nil }, "cam/poses.txt, line 1: no poses"},
		"no image": {func(f settest.Tree) {
			delete(f, "cam/rgb/real1.png")
		}, "cam/poses.txt, line 3: the image real1.png is missing"},
		"unposed": {func(f settest.Tree) {
			f["cam/rgb/real9.png"] = f["cam/rgb/real1.png"]
		}, "cam/rgb/real9.png has no pose in cam/poses.txt"},
		"no text": {func(f settest.Tree) {
			delete(f, "cam/poses.txt")
		}, "has no poses.txt in its folder, as others have"},
		"no depth": {func(f settest.Tree) {
			delete(f, "cam/depth/real1.png")
		}, "cam/rgb/real1.png has no depth image, as others have"},
		"depth alone": {func(f settest.Tree) {
			f["cam/depth/real9.png"] = f["cam/depth/real1.png"]
		}, "cam/depth/real9.png is the depth of no image"},
		"depth size": {func(f settest.Tree) {
			f["cam/depth/real1.png"] = settest.EncodePNG(t, settest.Grey(4, 5, 1))
		}, "cam/depth/real1.png: the depth image is 4x5, its colours 4x4"},
		"depth colour": {func(f settest.Tree) {
			f["cam/depth/real1.png"] = f["cam/rgb/real1.png"]
		}, "cam/depth/real1.png: a depth image has to be grey"},
		"depth cut": {func(f settest.Tree) {
			f["cam/depth/real1.png"] = f["cam/depth/real1.png"][:60]
		}, "cam/depth/real1.png: damaged png image"},
		"size": {func(f settest.Tree) {
			f["cam/rgb/real1.png"] = settest.EncodePNG(t, rgb(5, 4, color.NRGBA{1, 2, 3, 255}))
			f["cam/depth/real1.png"] = settest.EncodePNG(t, settest.Grey(5, 4, 1))
		}, "cam/rgb/real1.png is 5x4"},
		"list": {func(f settest.Tree) {
			f["training_split.txt"] = []byte("0, 3")
		}, "training_split.txt lists image 3, but ape/poses.txt has 3"},
		"list word": {func(f settest.Tree) {
			f["training_split.txt"] = []byte("0\n1 x")
		}, `training_split.txt, line 2: "x" is no number of an image`},
		"list twice": {func(f settest.Tree) {
			f["training_split.txt"] = []byte("0 1 0")
		}, "training_split.txt, line 1: an image is listed twice"},
		"list empty": {func(f settest.Tree) {
			f["training_split.txt"] = []byte("\n")
		}, "training_split.txt, line 1: no images are listed"},
	} {
		f := cropped(t)
		c.change(f)
		dir := f.Folder(t)
		if _, err := open.Splits(dir, datasets.Options{Counts: &datasets.Counts{}}); err == nil ||
			!strings.Contains(err.Error(), c.want) ||
			!strings.HasPrefix(err.Error(), filepath.ToSlash(dir)) {
			t.Errorf("%s: %v; want %q", name, err, c.want)
		}
	}
	f := cropped(t)
	if _, err := open.Splits(f.Folder(t), datasets.Options{Counts: &datasets.Counts{Train: 4, Valid: 2,
		Test: 1}}); err == nil ||
		!strings.Contains(err.Error(), "cannot take 1 test images") {
		t.Errorf("too many: %v", err)
	}
	path := filepath.Join(t.TempDir(), "c.tar.gz")
	settest.Put(t, path, f.Tar(t)[:300])
	if _, err := open.Splits(path, datasets.Options{}); err == nil ||
		!strings.Contains(err.Error(), "damaged archive") {
		t.Errorf("cut archive: %v", err)
	}
	if err := os.WriteFile(path, []byte("no gzip"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := open.Splits(path+"/x", datasets.Options{}); err == nil ||
		!strings.Contains(err.Error(), "damaged archive") {
		t.Errorf("no archive: %v", err)
	}
}

func FuzzDepth(f *testing.F) {
	f.Add(millimetres(f, 700), 0.0)
	f.Add(settest.EncodePNG(f, settest.Grey(4, 4, 7)), 650.0)
	f.Fuzz(func(t *testing.T, data []byte, distance float64) {
		if depth, err := picture.DecodeDepth(data, 4, 4, distance); err == nil && len(depth) != 16 {
			t.Errorf("%d values", len(depth))
		}
	})
}

// Sets of LineMod that lie in the folder of data are known by name.
func TestKnownLineMod(t *testing.T) {
	found := func(name, data string) bool {
		for _, k := range open.List() {
			if k.Name == name {
				return k.Found(data)
			}
		}
		t.Fatalf("no set %s", name)
		return false
	}
	none := t.TempDir()
	if _, err := open.Splits("linemod", datasets.Options{Dir: none}); err == nil ||
		!strings.Contains(err.Error(), "linemod is not in "+filepath.Join(none, "linemod")+": ") ||
		found("linemod", none) || !found("objects", none) {
		t.Errorf("nothing there: %v", err)
	}
	f := settest.Tree{}
	for name, data := range cropped(t) {
		f["linemod/"+name] = data
		if !strings.Contains(name, "/depth/") {
			f["linemod_crops/dataset/fine/"+strings.Replace(name, "/rgb", "", 1)] = data
		}
	}
	data := f.Folder(t)
	if _, err := open.Splits("linemod", datasets.Options{Dir: data}); err == nil ||
		!strings.Contains(err.Error(), "cannot take 9673 train images: there are 6") {
		t.Errorf("the paper's counts of too few images: %v", err)
	}
	s, err := open.Splits("linemod", datasets.Options{Dir: data, Counts: &datasets.Counts{Train: 3, Valid: 2, Test: 1}})
	if err != nil || s.Train.Len() != 3 || s.Valid.Len() != 2 || s.Test.Len() != 1 || s.Train.Channels != 4 ||
		len(s.Test.Poses) != 1 || !found("linemod", data) {
		t.Errorf("own counts: %v", err)
	}
	if _, err := open.Splits("linemod-crops-synthetic",
		datasets.Options{Dir: data, Counts: &datasets.Counts{Test: 2}}); err != nil {
		t.Error(err)
	}
	settest.Put(t, filepath.Join(none, "linemod_crops", "linemod_crops_64.tar"), nil)
	if found("linemod-crops", none) {
		t.Error("found crops that are not there")
	}
	if err := os.WriteFile(filepath.Join(none, "linemod_crops", "linemod_crops_64.tar.gz"),
		settest.Gzipped(settest.Tree{"dataset/real/a/poses.txt": []byte("# 1.png\n1 0 0 0")}.Tar(t)),
		0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := open.Splits("linemod-crops", datasets.Options{Dir: none}); err == nil ||
		!strings.Contains(err.Error(), "a/poses.txt, line 1: the image 1.png is missing") ||
		!found("linemod-crops", none) {
		t.Errorf("crops without images: %v", err)
	}
}
