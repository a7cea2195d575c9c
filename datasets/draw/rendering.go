package draw

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"pixelda-wgpu/datasets"
	"pixelda-wgpu/datasets/picture"
	"pixelda-wgpu/datasets/random"
	"pixelda-wgpu/datasets/read"
)

// Rendering describes a synthetic source domain that is drawn from CAD models: each image shows one
// of them, in turn, from a random view, in RGB and depth, with its class and pose. Image i of a
// seed is always the same, however many cores draw it.
type Rendering struct {
	Models      string      // a folder or archive of PLY models, in millimetres
	Objects     []string    // which of them; nil: those of the paper, or all if it has none
	Convention  *Convention // places the models as other poses expect; nil: as they are
	Backgrounds string      // a folder or archive of photographs to cut backgrounds from; "": black
	Counts      datasets.Counts
	Size        int     // pixels
	Field       float64 // mm that an image spans at the object; ignored with a convention, which states it
	Views       Views
	Seed        uint64
}

// LineModRendered is how many images the paper's synthetic source has: 9,928 of each object.
const LineModRendered = 109208

// DefaultRendering is the synthetic source of the paper's LineMod scenario, plus 100 test images of
// each object.
func DefaultRendering() Rendering {
	return Rendering{Counts: datasets.Counts{Train: LineModRendered, Test: 1100}, Size: 64, Field: 250,
		Views: LineModViews,
		Seed:  1}
}

// renderDistance is how far away the camera is without a convention, in mm: as in LineMod's closest
// images.
const renderDistance = 600

// Open makes the splits, whose images are drawn on demand.
func (r Rendering) Open() (datasets.Splits, error) {
	s, err := r.studio()
	if err != nil {
		return datasets.Splits{}, err
	}
	g := generator{
		side: s.side, channels: datasets.RGBD, posed: true,
		classes: func() []string { return s.classes },
		describe: func(seed, i uint64) (uint32, datasets.Pose) {
			random := random.New(seed, objectStream, i)
			return s.describe(&random, i)
		},
		draw: func(dst []byte, seed, i uint64) {
			random := random.New(seed, objectStream, i)
			s.draw(dst, &random, i)
		},
	}
	c := r.Counts
	pool := g.set("rendered", r.Seed, 0, c.Train+c.Valid+c.Test)
	out, err := datasets.Parts{Pool: pool, Ordered: true}.Divide("rendered", c, r.Seed)
	out.Origin = fmt.Sprintf("rendered from %s with seed %d", r.Models, r.Seed)
	if r.Backgrounds != "" {
		out.Origin += ", on " + r.Backgrounds
	}
	return out, err
}

// check reports what makes the description impossible to render.
func (r Rendering) check() error {
	const most = 100_000_000
	c, v := r.Counts, r.Views
	switch {
	case c.Train < 1 || c.Valid < 0 || c.Test < 0 || c.Train > most || c.Valid > most || c.Test > most:
		return origin.Errorf("cannot render %d training, %d validation and %d test images: give 1 to %d for "+
			"training, 0 or more of the others", c.Train, c.Valid, c.Test, most)
	case r.Size < 8 || r.Size > 1024:
		return origin.Errorf("cannot render %d pixels: give 8 to 1024", r.Size)
	case !(r.Field > 0):
		return origin.Errorf("a field of %g mm shows nothing", r.Field)
	case !(v.Lowest >= -90 && v.Lowest < v.Highest && v.Highest <= 90):
		return origin.Errorf("there are no views from %g° to %g° of elevation: give two from -90 to 90, the "+
			"lower first", v.Lowest, v.Highest)
	case !(v.Roll >= 0 && v.Roll <= 180):
		return origin.Errorf("images cannot be turned by up to %g°: give 0 to 180", v.Roll)
	}
	return nil
}

// studio loads the models and prepares to draw them.
func (r Rendering) studio() (*studio, error) {
	if err := r.check(); err != nil {
		return nil, err
	}
	s := &studio{side: r.Size, field: r.Field, distance: renderDistance, views: r.Views, light: plainLight}
	objects := r.Objects
	if c := r.Convention; c != nil {
		s.distance, s.field = c.Distance, conventionSide/c.Scale
		for _, name := range objects {
			if _, ok := c.Objects[name]; !ok {
				return nil, origin.Errorf("the convention of poses has no %s; it has %s", name,
					strings.Join(slices.Sorted(maps.Keys(c.Objects)), ", "))
			}
		}
		if len(objects) == 0 {
			objects = slices.Sorted(maps.Keys(c.Objects))
		}
	}
	names, meshes, err := readModels(r.Models, objects)
	if err != nil {
		return nil, err
	}
	s.classes = slices.Compact(names)
	if len(s.classes) < len(meshes) {
		return nil, origin.Errorf("an object is named twice among %s", strings.Join(objects, ", "))
	}
	for i, name := range names {
		m := model{mesh: meshes[i], turned: still}
		if r.Convention != nil {
			m = r.Convention.model(name, meshes[i])
		}
		if size := m.mesh.Radius() + m.offset.Norm(); size < 1 || size > s.distance/2 {
			return nil, origin.Errorf("%s: the model of %s reaches %.3g mm from its origin; want 1 to %g: models are "+
				"in millimetres", r.Models, name, size, s.distance/2)
		}
		s.models = append(s.models, m)
	}
	if r.Backgrounds != "" {
		s.backdrop, err = photographs(r.Backgrounds, r.Size)
	}
	return s, err
}

// photographs returns a function that cuts backgrounds of side × side pixels from the images of a
// folder or archive.
func photographs(from string, side int) (func(dst []byte, r *random.Source), error) {
	files, closer, err := read.ListFiles(from, read.IsImage)
	if err != nil {
		return nil, err
	}
	defer closer()
	if len(files) == 0 {
		return nil, origin.Errorf("%s: no PNG, JPEG or WebP images for backgrounds", from)
	}
	photos, err := read.Photos(from, files)
	if err != nil {
		return nil, err
	}
	for _, p := range photos {
		if min(p.Width, p.Height) < side {
			return nil, origin.Errorf("%s: %s is %dx%d, smaller than the images to render (%d)", from, p.Name,
				p.Width, p.Height, side)
		}
	}
	return func(dst []byte, r *random.Source) {
		p := photos[r.Intn(len(photos))]
		left, top := r.Intn(p.Width-side+1), r.Intn(p.Height-side+1)
		for y := range side {
			copy(dst[y*side*3:(y+1)*side*3], p.Pixels[((top+y)*p.Width+left)*3:])
		}
	}, nil
}

// Depth adds the object's depth, drawn on demand, to RGB images whose poses follow a convention.
// Where the object is not, it is far, since clutter in front of it or behind it is not known.
func (c *Convention) Depth(s datasets.Splits, models string) (datasets.Splits, error) {
	t := s.Train
	if t.Width != t.Height || t.Channels != 3 || t.Poses == nil || !t.Labelled() {
		return s, origin.Errorf("%s: depth can be drawn for square RGB images with classes and poses, not for these",
			t.Name)
	}
	r := DefaultRendering()
	r.Models, r.Convention, r.Objects, r.Size = models, c, t.Classes, t.Width
	studio, err := r.studio()
	if err != nil {
		return s, err
	}
	of := make([]int, len(t.Classes)) // the studio's class of each of the set's
	for i, name := range t.Classes {
		of[i], _ = slices.BinarySearch(studio.classes, name)
	}
	s.Origin += ", with depth of the objects rendered from " + models
	for _, split := range datasets.SplitOrder {
		at := s.Named(split)
		set := *at
		if set == nil {
			continue
		}
		*at = set.Like(set.Width, set.Height, datasets.RGBD).View(set.Len(), func(dst []byte, i int) error {
			p := picture.New(set.Width, set.Height, 3)
			if err := set.Read(p.Pixels, i); err != nil {
				return err
			}
			studio.portray(dst, studio.models[of[set.Labels[i]]], set.Poses[i])
			for k := range set.Width * set.Height {
				copy(dst[datasets.RGBD*k:datasets.RGBD*k+3], p.Pixels[3*k:])
			}
			return nil
		})
	}
	return s, nil
}
