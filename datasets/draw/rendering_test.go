package draw_test

import (
	"bytes"
	"fmt"
	"math"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"gonum.org/v1/gonum/num/quat"

	"pixelda-wgpu/datasets"
	"pixelda-wgpu/datasets/draw"
	"pixelda-wgpu/datasets/draw/render"
	"pixelda-wgpu/datasets/open"
	"pixelda-wgpu/datasets/pack"
	"pixelda-wgpu/datasets/picture"
	"pixelda-wgpu/datasets/settest"
	"pixelda-wgpu/gpu/fault"
)

// plyOf writes a mesh as ASCII PLY with normals and colours.
func plyOf(m *render.Mesh) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "ply\nformat ascii 1.0\nelement vertex %d\n", len(m.Points))
	for _, name := range []string{"float x", "float y", "float z", "float nx", "float ny", "float nz", "uchar red",
		"uchar green", "uchar blue"} {
		fmt.Fprintf(&b, "property %s\n", name)
	}
	fmt.Fprintf(&b, "element face %d\nproperty list uchar int vertex_indices\nend_header\n", len(m.Faces))
	for i, p := range m.Points {
		n, c := m.Normals[i], m.Colours[i]
		fmt.Fprintln(&b, p[0], p[1], p[2], n[0], n[1], n[2], int(255*c[0]), int(255*c[1]), int(255*c[2]))
	}
	for _, f := range m.Faces {
		fmt.Fprintln(&b, 3, f[0], f[1], f[2])
	}
	return b.Bytes()
}

// twoModels are a red box and a blue rod under BOP's names of the ape and the can,
// with a cup, which the paper leaves out.
func twoModels() settest.Tree {
	return settest.Tree{
		"lm/models/obj_000001.ply": plyOf(render.Box(render.Vec{120, 60, 30}).Paint(render.Vec{1, 0, 0})),
		"lm/models/obj_000005.ply": plyOf(render.Tube(12, []render.Vec{{0, 0, -70}, {0, 0, 70}}, 20,
			30).Paint(render.Vec{0, 0, 1})),
		"lm/models/obj_000007.ply":      plyOf(render.Box(render.Vec{50, 50, 50})),
		"lm/models_eval/obj_000001.ply": []byte("not to be read"),
	}
}

func smallRendering(models string) draw.Rendering {
	r := draw.DefaultRendering()
	r.Models, r.Counts, r.Size = models, datasets.Counts{Train: 40, Valid: 6, Test: 4}, 32
	return r
}

func TestRendering(t *testing.T) {
	dir := t.TempDir()
	archive := filepath.Join(dir, "models.tar.gz")
	settest.Put(t, archive, twoModels().Tar(t))
	r := smallRendering(archive)
	s, err := r.Open()
	if err != nil {
		t.Fatal(err)
	}
	a := s.Train
	if a.Shape() != "32x32x4" || !slices.Equal(a.Classes, []string{"ape", "can"}) ||
		!slices.Equal(a.Labels[:4], []uint32{0, 1, 0, 1}) || a.Len() != 40 || s.Valid.Len() != 6 || s.Test.Len() != 4 {
		t.Fatalf("%s of %v: %v", a.Shape(), a.Classes, a.Labels)
	}
	for i := range a.Len() {
		image := a.Image(i)
		middle := image[datasets.RGBD*(16*32+16):][:datasets.RGBD]
		red := int(middle[0]) - int(middle[2])
		if middle[3] >= picture.DepthFar || (a.Labels[i] == 0) != (red > 0) || image[3] != picture.DepthFar ||
			image[0] != 0 {
			t.Fatalf("image %d: %v in the middle, %v in a corner", i, middle, image[:datasets.RGBD])
		}
	}
	// The same however it is made: on one core, in a file of either form, in a folder.
	want := s.Fingerprint()
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	one := filepath.Join(dir, "one.pxds")
	var drawn atomic.Int64
	for _, set := range []*datasets.Set{s.Train, s.Valid, s.Test} {
		before := *set
		*set = *before.View(before.Len(), func(dst []byte, i int) error {
			drawn.Add(1)
			return before.Read(dst, i)
		})
	}
	if err := pack.SaveRaw(one, s); err != nil {
		t.Fatal(err)
	}
	if drawn.Load() != 50 {
		t.Errorf("%d images were drawn for 50", drawn.Load())
	}
	runtime.GOMAXPROCS(8)
	many := filepath.Join(dir, "many.pxds")
	if err := pack.SaveCompressed(many, s); err != nil {
		t.Fatal(err)
	}
	r.Models = filepath.Join(twoModels().Folder(t), "lm", "models")
	plain, err := r.Open()
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{one, many} {
		if got, err := open.Splits(path, datasets.Options{}); err != nil || got.Fingerprint() != want ||
			!strings.Contains(got.Origin, "rendered from") {
			t.Errorf("%s: %v", path, err)
		}
	}
	r.Models = dir // of which the archive is one file
	if below, err := r.Open(); err != nil || below.Fingerprint() != want {
		t.Errorf("an archive in a folder: %v", err)
	}
	if plain.Fingerprint() != want {
		t.Error("models of a folder render otherwise than those of an archive")
	}
	r.Seed++
	if other, err := r.Open(); err != nil || other.Fingerprint() == want {
		t.Errorf("the seed does not matter: %v", err)
	}
}

// Depth at the image's middle is that of the box's near side, by its pose. The
// nearest of four samples counts, each a quarter of a pixel, 1 mm, beside the
// middle: on the steepest faces that is 4 mm or 3 levels of depth.
func TestRenderedDepth(t *testing.T) {
	r := smallRendering(twoModels().Folder(t))
	r.Objects, r.Size = []string{"ape"}, 65
	s, err := r.Open()
	if err != nil {
		t.Fatal(err)
	}
	half := render.Vec{60, 30, 15}
	for i := range s.Train.Len() {
		turn := render.Rotate(s.Train.Poses[i].Quat())
		behind := math.Inf(-1)
		for k, h := range half { // the ray through the origin enters by the last slab
			if along := math.Abs(turn[2][k]); along > 1e-9 {
				behind = max(behind, -h/along)
			}
		}
		got := s.Train.Image(i)[datasets.RGBD*(32*65+32)+3]
		if want := picture.DepthByte(behind); max(got, want)-min(got, want) > 3 {
			t.Errorf("image %d: depth %d, want %d", i, got, want)
		}
	}
}

func TestRenderingOnPhotographs(t *testing.T) {
	r := smallRendering(twoModels().Folder(t))
	black, err := r.Open()
	if err != nil {
		t.Fatal(err)
	}
	photos := settest.Tree{"a.jpg": settest.Photo(t, 40, 33, 1), "b.jpg": settest.Photo(t, 33, 40, 2)}
	r.Backgrounds = photos.Folder(t)
	s, err := r.Open()
	if err != nil {
		t.Fatal(err)
	}
	lit := 0
	for i := range s.Train.Len() {
		a, b := black.Train.Image(i), s.Train.Image(i)
		for k := 0; k < len(a); k += datasets.RGBD {
			if a[k+3] != b[k+3] || a[k+3] < picture.DepthFar &&
				!bytes.Equal(a[k:k+datasets.RGBD], b[k:k+datasets.RGBD]) {
				t.Fatalf("image %d: the background changes the object", i)
			}
			if a[k+3] == picture.DepthFar && b[k]|b[k+1]|b[k+2] > 0 {
				lit++
			}
		}
	}
	if !slices.Equal(s.Train.Poses, black.Train.Poses) || lit < 10000 {
		t.Errorf("other views, or %d pixels of background", lit)
	}
	photos["c.jpg"] = settest.Photo(t, 40, 31, 1)
	r.Backgrounds = photos.Folder(t)
	if _, err := r.Open(); err == nil || !strings.Contains(err.Error(),
		"c.jpg is 40x31, smaller than the images to render (32)") {
		t.Errorf("small photograph: %v", err)
	}
	r.Backgrounds = t.TempDir()
	if _, err := r.Open(); err == nil || !strings.Contains(err.Error(), "no PNG, JPEG or WebP images for backgrounds") {
		t.Errorf("no photographs: %v", err)
	}
}

// By a convention the model is turned and moved before its pose applies.
func TestConvention(t *testing.T) {
	dir := settest.Tree{"c.json": []byte(
		`{"convention": "in words", "s_px_per_mm": 0.32, "d_mm": 500, "objects": {
			"ape": {"bop_id": 1, "offset_mm": [40, 0, 0], "model_rot_z_deg": 90}}}`)}.Folder(t)
	c, err := draw.ReadConvention(filepath.Join(dir, "c.json"))
	if err != nil {
		t.Fatal(err)
	}
	models := twoModels().Folder(t)
	crops := datasets.Set{
		Name: "crops", Width: 64, Height: 64, Channels: 3, Labels: []uint32{0, 0}, Classes: []string{"ape"},
		Poses: []datasets.Pose{{1, 0, 0, 0}, datasets.NewPose(quat.Number{Real: 1, Kmag: 1})},
	}.Of(bytes.Repeat([]byte{9, 8, 7}, 2*64*64))
	both, err := c.Depth(datasets.Splits{Train: crops, Test: crops.Slice(1, 2)}, models)
	if err != nil {
		t.Fatal(err)
	}
	s := both.Train
	if !bytes.Equal(both.Test.Image(0), s.Image(1)) {
		t.Error("the test image's depth is not that of its pose")
	}
	// Turned by 90° the box is 60 wide, 120 high, and its middle lies 40 to the right:
	// at 0.32 a mm, and a little more on its near side. The pose turns that down.
	for i, at := range [][2]int{{45, 32}, {32, 45}} {
		left, right, top, bottom := 64, 0, 64, 0
		for k := range 64 * 64 {
			p := s.Image(i)[datasets.RGBD*k:][:datasets.RGBD]
			if !bytes.Equal(p[:3], []byte{9, 8, 7}) {
				t.Fatal("the crop's colours changed")
			}
			if p[3] < picture.DepthFar {
				left, right, top, bottom = min(left, k%64), max(right, k%64+1), min(top, k/64), max(bottom, k/64+1)
			}
		}
		wide, high := 60*0.32, 120*0.32
		if i == 1 {
			wide, high = high, wide
		}
		if math.Abs(float64(right-left)-wide) > 2 || math.Abs(float64(bottom-top)-high) > 2.5 ||
			math.Abs(float64(left+right)/2-float64(at[0])) > 1 || math.Abs(float64(top+bottom)/2-float64(at[1])) > 1 {
			t.Errorf("pose %d: from %d, %d to %d, %d", i, left, top, right, bottom)
		}
	}
	crops.Poses = nil
	if _, err := c.Depth(datasets.Splits{Train: crops}, models); err == nil {
		t.Error("depth without poses")
	}
	for name, text := range map[string]string{"damaged": "{", "empty": "{}",
		"scale": `{"s_px_per_mm": -1, "d_mm": 5, "objects": {"ape": {}}}`} {
		dir := settest.Tree{"c.json": []byte(text)}.Folder(t)
		if _, err := draw.ReadConvention(filepath.Join(dir, "c.json")); err == nil ||
			!strings.Contains(err.Error(), "convention of poses") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestRenderingErrors(t *testing.T) {
	two := twoModels()
	apart := settest.Tree{"a/x.ply": two["lm/models/obj_000001.ply"], "b/x.ply": two["lm/models/obj_000001.ply"]}
	for name, c := range map[string]struct {
		models settest.Tree
		change func(r *draw.Rendering)
		want   string
	}{
		"none":       {settest.Tree{"a.txt": nil}, nil, "no PLY models"},
		"no folder":  {nil, func(r *draw.Rendering) { r.Models = "nowhere" }, "nowhere"},
		"no archive": {nil, func(r *draw.Rendering) { r.Models = "nowhere.zip" }, "nowhere.zip"},
		"object": {two, func(r *draw.Rendering) {
			r.Objects = []string{"cow"}
		}, "no model of cow; there are ape, can, obj_000007"},
		"twice": {two, func(r *draw.Rendering) { r.Objects = []string{"ape", "ape"} }, "an object is named twice"},
		"convention": {two, func(r *draw.Rendering) {
			r.Objects, r.Convention = []string{"can"}, &draw.Convention{Scale: 1, Distance: 500}
		}, "the convention of poses has no can"},
		"damaged": {settest.Tree{"x.ply": two["lm/models/obj_000001.ply"][:300]}, nil, "x.ply: PLY, line "},
		"apart":   {apart, nil, "models lie in a and b: give one of these folders"},
		"metres": {settest.Tree{"x.ply": plyOf(render.Box(render.Vec{0.1, 0.1, 0.1}))}, nil,
			"the model of x reaches 0.0866 mm from its origin"},
		"large": {settest.Tree{"x.ply": plyOf(render.Box(render.Vec{900, 1, 1}))}, nil,
			"the model of x reaches 450 mm from its origin"},
		"count":     {two, func(r *draw.Rendering) { r.Counts.Train = 0 }, "cannot render 0 training"},
		"size":      {two, func(r *draw.Rendering) { r.Size = 4 }, "cannot render 4 pixels"},
		"field":     {two, func(r *draw.Rendering) { r.Field = math.NaN() }, "a field of NaN mm"},
		"elevation": {two, func(r *draw.Rendering) { r.Views.Lowest = 95 }, "no views from 95° to 90°"},
		"roll":      {two, func(r *draw.Rendering) { r.Views.Roll = -1 }, "turned by up to -1°"},
	} {
		r := smallRendering(c.models.Folder(t))
		if c.change != nil {
			c.change(&r)
		}
		if _, err := r.Open(); err == nil || !strings.Contains(err.Error(), c.want) ||
			fault.Of(err) == "" {
			t.Errorf("%s: %v; want %q", name, err, c.want)
		}
	}
}
