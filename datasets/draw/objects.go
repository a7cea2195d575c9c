package draw

import (
	"sync"

	"gonum.org/v1/gonum/num/quat"

	"pixelda-wgpu/datasets"
	"pixelda-wgpu/datasets/draw/render"
	"pixelda-wgpu/datasets/picture"
	"pixelda-wgpu/datasets/random"
)

// The built-in objects stand in for the paper's LineMod scenario without any file: 64×64 RGB with
// depth, class and pose. The source shows each of eleven objects plainly on black, or on textures;
// the target shows them among clutter, in different light and through a worse camera and depth
// sensor. Image i of a seed is always the same.
const objectSide = 64

// objectCounts are the splits of the built-in objects: 205 MB per domain.
var objectCounts = datasets.Counts{Train: 10000, Valid: 1000, Test: 2000}

// Streams keep the views of source and target apart.
const (
	objectStream = iota + 16
	cluttered
	clutterStream
)

var objectStudio = sync.OnceValue(func() *studio {
	s := &studio{side: objectSide, field: 210, distance: 600, views: LineModViews, light: plainLight}
	for _, o := range objectModels() {
		s.classes = append(s.classes, o.name)
		s.models = append(s.models, model{mesh: o.mesh(), turned: still})
	}
	return s
})

// objectsOnTextures is the studio of objects-bg.
var objectsOnTextures = sync.OnceValue(func() *studio {
	s := *objectStudio()
	s.backdrop, s.frames = texture64, sync.Pool{}
	return &s
})

// texture64 paints a texture of the built-in digit target at twice its size.
func texture64(dst []byte, r *random.Source) {
	small := picture.New(textureSide, textureSide, 3)
	drawTexture(small.Pixels, random.New(r.Uint64(), textureStream, 0))
	copy(dst, small.Resize(objectSide, objectSide).Pixels)
}

func objectGenerator(get func() *studio, stream uint64,
	draw func(s *studio, dst []byte, r *random.Source, i uint64)) generator {
	return generator{
		side: objectSide, channels: datasets.RGBD, posed: true, counts: objectCounts,
		classes: func() []string { return get().classes },
		describe: func(seed, i uint64) (uint32, datasets.Pose) {
			r := random.New(seed, stream, i)
			return get().describe(&r, i)
		},
		draw: func(dst []byte, seed, i uint64) {
			r := random.New(seed, stream, i)
			draw(get(), dst, &r, i)
		},
	}
}

// scene is an image before the sensors.
type scene struct {
	colour [objectSide * objectSide]render.Vec // 0 to 1
	behind [objectSide * objectSide]float64    // the object's origin, mm
}

// drawObjectM draws image i of the target.
func drawObjectM(s *studio, dst []byte, r *random.Source, i uint64) {
	label, pose := s.describe(r, i)
	var sc scene
	sc.backdrop(r)
	light := roomLight(r)
	s.withFrame(func(f *render.Frame) {
		away := render.Vec{r.Between(-8, 8), r.Between(-8, 8), r.Between(-30, 40)}
		s.place(f, s.models[label], pose, away)
		all := clutter()
		for range 4 + r.Intn(5) {
			m := all[r.Intn(len(all))]
			turn := quat.Number{Real: r.Normal(), Imag: r.Normal(), Jmag: r.Normal(), Kmag: r.Normal() + 1e-3}
			at := render.Vec{r.Between(-130, 130), r.Between(-130, 130), s.distance + r.Between(110, 260)}
			f.Draw(m, render.Rotate(quat.Scale(1/quat.Abs(turn), turn)), at)
		}
		for at := range sc.colour {
			p := f.Shade(at%objectSide, at/objectSide, &light)
			for k, v := range p.Colour {
				sc.colour[at][k] = p.Coverage*v + (1-p.Coverage)*sc.colour[at][k]
			}
			if p.Coverage >= 0.5 {
				sc.behind[at] = p.Depth - s.distance
			}
		}
	})
	sc.expose(r)
	sc.develop(dst, r)
	sc.sense(dst, r)
}

// backdrop fills the scene with a texture on a tilted wall.
func (sc *scene) backdrop(r *random.Source) {
	var wall [objectSide * objectSide * 3]byte
	texture64(wall[:], r)
	distance, right, down := r.Between(160, 420), r.Between(-100, 100), r.Between(-150, 50)
	for i := range sc.colour {
		for k := range 3 {
			sc.colour[i][k] = float64(wall[3*i+k]) / 255
		}
		sc.behind[i] = distance + right*(float64(i%objectSide)/objectSide-0.5) +
			down*(float64(i/objectSide)/objectSide-0.5)
	}
}

// roomLight is a lamp of random colour somewhere on the camera's side.
func roomLight(r *random.Source) render.Light {
	l := render.Light{Towards: render.Vec{r.Between(-1, 1), r.Between(-1, 0.7), -r.Between(0.15, 0.9)}.Unit(),
		Gloss: r.Between(0, 0.5)}
	ambient, diffuse, warm := r.Between(0.2, 0.5), r.Between(0.4, 0.9), r.Between(-0.15, 0.2)
	l.Ambient = render.Vec{ambient, ambient, ambient}
	l.Diffuse = render.Vec{diffuse * (1 + warm), diffuse, diffuse * (1 - warm)}
	return l
}

// expose is what lens and camera do to the light: blur, a colour cast, less saturation, other
// contrast.
func (sc *scene) expose(r *random.Source) {
	for range 2 {
		sc.blur(r.Between(0, 0.22))
	}
	cast := render.Vec{r.Between(0.8, 1.15), r.Between(0.85, 1.1), r.Between(0.75, 1.15)}
	saturation, contrast, brightness := r.Between(0.55, 1), r.Between(0.7, 1.1), r.Between(-0.06, 0.1)
	for i, c := range sc.colour {
		grey := (c[0] + c[1] + c[2]) / 3
		for k, v := range c {
			v = (grey + saturation*(v-grey)) * cast[k]
			sc.colour[i][k] = 0.5 + contrast*(v-0.5) + brightness
		}
	}
}

// blur mixes each pixel with its neighbours, which get the given weight.
func (sc *scene) blur(weight float64) {
	for _, step := range [2]int{1, objectSide} {
		old := sc.colour
		for i := range old {
			place := i / step % objectSide
			a, b := old[i], old[i]
			if place > 0 {
				a = old[i-step]
			}
			if place < objectSide-1 {
				b = old[i+step]
			}
			sc.colour[i] = old[i].Scale(1 - 2*weight).Add(a.Add(b).Scale(weight))
		}
	}
}

// develop writes the colours with the sensor's noise.
func (sc *scene) develop(dst []byte, r *random.Source) {
	noise := r.Between(0.01, 0.035)
	for i, c := range sc.colour {
		for k, v := range c {
			dst[datasets.RGBD*i+k] = byte(min(max(255*(v+noise*r.Normal())+0.5, 0), 255))
		}
	}
}

// sense writes depth as a structured-light sensor would measure it: noisy, with shadows that have
// no reading to the left of edges, and with holes.
func (sc *scene) sense(dst []byte, r *random.Source) {
	noise, shadow := r.Between(1, 5), 1+r.Intn(3)
	for i, behind := range sc.behind {
		dst[datasets.RGBD*i+3] = picture.DepthByte(behind + noise*r.Normal())
		for k := 1; k <= min(shadow, objectSide-1-i%objectSide); k++ {
			if sc.behind[i+k] < behind-30 && r.Chance(0.7) {
				dst[datasets.RGBD*i+3] = picture.DepthFar
			}
		}
	}
	for range r.Intn(5) {
		x, y, radius := r.Between(0, objectSide), r.Between(0, objectSide), r.Between(0.7, 3.5)
		for i := range sc.behind {
			dx, dy := float64(i%objectSide)+0.5-x, float64(i/objectSide)+0.5-y
			if dx*dx+dy*dy < radius*radius {
				dst[datasets.RGBD*i+3] = picture.DepthFar
			}
		}
	}
}

// clutter is a choice of things of many shapes, sizes and colours to put behind the objects.
var clutter = sync.OnceValue(func() []*render.Mesh {
	var all []*render.Mesh
	for i := range uint64(60) {
		r := random.New(0, clutterStream, i)
		wide, high := r.Between(15, 50), r.Between(15, 60)
		var m *render.Mesh
		switch i % 5 {
		case 0:
			m = render.Box(render.Vec{2 * wide, r.Between(10, 60), high})
		case 1:
			m = render.Lathe(20, [2]float64{0, -high}, [2]float64{wide, -high},
				[2]float64{wide * r.Between(0.3, 1), high}, [2]float64{0, high})
		case 2:
			m = render.Ellipsoid(render.Vec{wide, r.Between(15, 50), high}, 20)
		case 3:
			m = render.Tube(10, render.Arc(16, render.Vec{}, wide, 0, r.Between(120, 355)), r.Between(4, 12))
		default:
			m = render.Plate(r.Between(4, 20), [2]float64{-wide, -high}, [2]float64{wide, -high},
				[2]float64{r.Between(-wide, wide), high})
		}
		c := fromHSV(r.Float(), r.Between(0.1, 0.9), r.Between(0.2, 1))
		all = append(all, m.Paint(render.Vec{c[0] / 255, c[1] / 255, c[2] / 255}))
	}
	return all
})
