package draw

import (
	"math"
	"sync"

	"gonum.org/v1/gonum/num/quat"

	"pixelda-wgpu/datasets"
	"pixelda-wgpu/datasets/draw/render"
	"pixelda-wgpu/datasets/picture"
	"pixelda-wgpu/datasets/random"
)

// A studio shows one object per image, in the middle, from a random view: the synthetic source
// domain of the paper's LineMod scenario, RGB with depth.
type studio struct {
	side     int // pixels
	field    float64
	distance float64 // of the camera from the object's origin, mm
	classes  []string
	models   []model
	views    Views
	light    render.Light
	backdrop func(dst []byte, r *random.Source) // paints what is behind the object, RGB; nil: black
	frames   sync.Pool                          // of *render.Frame
}

// model is an object: its mesh, and how that is placed in the frame of its poses.
type model struct {
	mesh   *render.Mesh
	turned quat.Number // from the mesh's frame
	offset render.Vec  // mm, after the turn
}

// plainLight illuminates the source: a lamp above the camera and to its left.
var plainLight = render.Light{
	Towards: render.Vec{-0.4, -0.7, -1}.Unit(),
	Ambient: render.Vec{0.4, 0.4, 0.4}, Diffuse: render.Vec{0.65, 0.65, 0.65},
}

// describe is the class of image i, taken in turn, and its pose, drawn by r.
func (s *studio) describe(r *random.Source, i uint64) (uint32, datasets.Pose) {
	return uint32(i % uint64(len(s.classes))), datasets.NewPose(s.views.draw(r))
}

// draw draws image i into dst. It calls describe first, so that class and pose come out the same.
func (s *studio) draw(dst []byte, r *random.Source, i uint64) {
	label, pose := s.describe(r, i)
	s.portray(dst, s.models[label], pose)
	if s.backdrop != nil {
		s.putBehind(dst, r)
	}
}

func (s *studio) camera() render.Camera {
	return render.Camera{Focal: float64(s.side) / s.field * s.distance, Centre: float64(s.side) / 2}
}

const studioSamples = 2 // per pixel, in each direction

// withFrame lends an empty frame.
func (s *studio) withFrame(use func(f *render.Frame)) {
	f, ok := s.frames.Get().(*render.Frame)
	if !ok {
		f = render.NewFrame(s.side, studioSamples)
	}
	f.Clear(s.camera())
	use(f)
	s.frames.Put(f)
}

// place puts a model into a frame, moved away from the middle.
func (s *studio) place(f *render.Frame, m model, pose datasets.Pose, moved render.Vec) {
	q := pose.Quat()
	turn := render.Rotate(q)
	f.Draw(m.mesh, render.Rotate(quat.Mul(q, m.turned)),
		turn.Apply(m.offset).Add(moved).Add(render.Vec{0, 0, s.distance}))
}

// portray draws a model on black, which counts as far away.
func (s *studio) portray(dst []byte, m model, pose datasets.Pose) {
	s.withFrame(func(f *render.Frame) {
		s.place(f, m, pose, render.Vec{})
		for i := range s.side * s.side {
			p := f.Shade(i%s.side, i/s.side, &s.light)
			for k, v := range p.Colour {
				dst[datasets.RGBD*i+k] = byte(255*v*p.Coverage + 0.5)
			}
			dst[datasets.RGBD*i+3] = picture.DepthFar
			if p.Coverage >= 0.5 {
				dst[datasets.RGBD*i+3] = min(picture.DepthByte(p.Depth-s.distance), picture.DepthMost)
			}
		}
	})
}

// putBehind puts the backdrop where the object is not.
func (s *studio) putBehind(dst []byte, r *random.Source) {
	back := make([]byte, s.side*s.side*3)
	s.backdrop(back, r)
	for i := range s.side * s.side {
		if dst[datasets.RGBD*i+3] == picture.DepthFar {
			copy(dst[datasets.RGBD*i:datasets.RGBD*i+3], back[3*i:])
		}
	}
}

// Views are the directions from which objects are seen: uniform over the part of the sphere between
// two elevations, then rolled about the camera's axis. Degrees.
type Views struct {
	Lowest, Highest float64 // elevation above the object's x–y plane, -90 to 90
	Roll            float64 // turned by -Roll to Roll
}

// LineModViews are those of LineMod's templates (Hinterstoisser et al., ACCV 2012):
// the upper half of the sphere, turned by up to 45°.
var LineModViews = Views{0, 90, 45}

// draw is a random quaternion that turns the object's frame, z up, into the camera's.
func (v Views) draw(r *random.Source) quat.Number {
	low, high := math.Sin(v.Lowest/180*math.Pi), math.Sin(v.Highest/180*math.Pi)
	elevation := math.Asin(min(max(r.Between(low, high), -1), 1)) * 180 / math.Pi
	x, z := render.Vec{1, 0, 0}, render.Vec{0, 0, 1}
	around := render.Turn(z, r.Between(0, 360))
	down := render.Turn(x, 90+elevation) // z up becomes -y, and tips towards the camera
	return quat.Mul(render.Turn(z, r.Between(-v.Roll, v.Roll)), quat.Mul(down, around))
}
