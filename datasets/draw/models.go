package draw

import "pixelda-wgpu/datasets/draw/render"

// objectModel is one of the built-in objects: z is up, lengths are roughly in millimetres. None is
// symmetric under a turn, and colours tell sides apart where shape alone hardly does.
type objectModel struct {
	name  string
	parts func() []*render.Mesh
}

const objectRadius = 95 // mm, of the ball around each object

// mesh is the object centred on the origin and scaled to objectRadius.
func (o objectModel) mesh() *render.Mesh {
	m := render.Join(o.parts()...)
	low, high := m.Bounds()
	m.Move(low.Add(high).Scale(-0.5))
	k := objectRadius / m.Radius()
	return m.Stretch(render.Vec{k, k, k})
}

// Colours of the objects.
var (
	red    = render.Vec{0.78, 0.12, 0.10}
	orange = render.Vec{0.93, 0.48, 0.08}
	yellow = render.Vec{0.95, 0.80, 0.15}
	green  = render.Vec{0.15, 0.55, 0.25}
	teal   = render.Vec{0.10, 0.55, 0.60}
	blue   = render.Vec{0.15, 0.28, 0.70}
	violet = render.Vec{0.45, 0.22, 0.55}
	pink   = render.Vec{0.92, 0.55, 0.62}
	brown  = render.Vec{0.50, 0.30, 0.15}
	chalk  = render.Vec{0.92, 0.90, 0.85}
	steel  = render.Vec{0.62, 0.65, 0.70}
	coal   = render.Vec{0.15, 0.15, 0.17}
)

func objectModels() []objectModel {
	return []objectModel{
		{"boat", boat}, {"camera", photoCamera}, {"car", car}, {"chair", chair}, {"drill", drill}, {"hammer", hammer},
		{"lamp", lamp}, {"mug", mug}, {"plane", plane}, {"rabbit", rabbit}, {"teapot", teapot},
	}
}

type (
	at = render.Vec
	xy = [2]float64
)

var (
	alongX = at{1, 0, 0}
	alongY = at{0, 1, 0}
	alongZ = at{0, 0, 1}
)

// rod is a straight tube.
func rod(from, to at, radii ...float64) *render.Mesh {
	return render.Tube(14, []at{from, to}, radii...)
}

func ball(radii at, centre at) *render.Mesh { return render.Ellipsoid(radii, 24).Move(centre) }

func box(size, centre at) *render.Mesh { return render.Box(size).Move(centre) }

// upright is a plate whose outline lies in the x–z plane.
func upright(thick float64, outline ...xy) *render.Mesh {
	return render.Plate(thick, outline...).Turn(alongX, 90)
}

// wheel is a disc about the y axis.
func wheel(radius, thick float64, centre at) *render.Mesh {
	h := thick / 2
	return render.Lathe(20, xy{0, -h}, xy{radius, -h}, xy{radius, h}, xy{0, h}).Turn(alongX, 90).Move(centre)
}

func boat() []*render.Mesh {
	var rings [][]at
	for i := range 11 { // frames from stern to bow
		t := float64(i) / 10
		wide, deep := 30*(1-t*t*t), 34-10*t*t
		x := -80 + 165*t
		var ring []at
		for _, p := range []xy{{-1, 1}, {-0.95, 0.3}, {-0.6, -0.7}, {0, -1}, {0.6, -0.7}, {0.95, 0.3}, {1, 1}} {
			ring = append(ring, at{x, p[0] * wide, 12*t*t + p[1]*deep/2})
		}
		rings = append(rings, ring)
	}
	stern := make([]at, 7)
	for k := range stern {
		stern[k] = at{-80, 0, 0}
	}
	return []*render.Mesh{
		render.Skin(append([][]at{stern}, rings...)...).Paint(blue),
		box(at{120, 48, 3}, at{-20, 0, 16}).Paint(brown),
		box(at{46, 36, 30}, at{-38, 0, 32}).Paint(chalk),
		box(at{52, 42, 4}, at{-38, 0, 49}).Paint(orange),
		rod(at{-46, 0, 48}, at{-46, 0, 78}, 9).Paint(red),
		rod(at{20, 0, 15}, at{20, 0, 95}, 3).Paint(brown),
		upright(2, xy{22, 30}, xy{70, 32}, xy{22, 92}).Paint(yellow),
	}
}

func photoCamera() []*render.Mesh {
	lens := render.Lathe(24, xy{0, 0}, xy{34, 0}, xy{34, 26}, xy{30, 26}, xy{30, 44}, xy{24, 44}, xy{20, 38},
		xy{0, 38}).Turn(alongX, 90)
	return []*render.Mesh{
		box(at{130, 42, 76}, at{}).Paint(coal),
		box(at{131, 43, 14}, at{0, 0, 30}).Paint(steel),
		lens.Move(at{10, -20, -2}).Paint(steel.Scale(0.6)),
		render.Lathe(24, xy{0, 0}, xy{20, 0}, xy{0, 6}).Turn(alongX, 90).Move(at{10, -58, -2}).Paint(teal),
		box(at{42, 36, 20}, at{10, 0, 47}).Paint(steel),
		rod(at{-46, 4, 38}, at{-46, 4, 50}, 11).Paint(red),
		rod(at{50, 4, 38}, at{50, 4, 46}, 14).Paint(chalk),
		ball(at{14, 16, 36}, at{-56, -20, -2}).Paint(brown),
		box(at{60, 2, 40}, at{10, 22, -6}).Paint(green),
	}
}

func car() []*render.Mesh {
	parts := []*render.Mesh{
		upright(64, xy{-88, -14}, xy{88, -14}, xy{92, 4}, xy{84, 14}, xy{-92, 18}, xy{-94, 0}).Paint(red),
		upright(54, xy{-74, 14}, xy{38, 14}, xy{14, 46}, xy{-62, 46}).Paint(chalk),
		upright(56, xy{-64, 18}, xy{26, 18}, xy{10, 41}, xy{-56, 41}).Paint(coal),
		box(at{4, 14, 10}, at{91, 20, 4}).Paint(yellow),
		box(at{4, 14, 10}, at{91, -20, 4}).Paint(yellow),
		box(at{40, 12, 2}, at{60, 0, 14}).Paint(chalk),
		rod(at{-70, 24, 16}, at{-76, 24, 74}, 1.8).Paint(coal),
	}
	for _, x := range []float64{-56, 56} {
		for _, y := range []float64{-30, 30} {
			parts = append(parts, wheel(20, 14, at{x, y, -16}).Paint(coal), wheel(10, 16, at{x, y, -16}).Paint(steel))
		}
	}
	return parts
}

func chair() []*render.Mesh {
	parts := []*render.Mesh{
		box(at{84, 84, 9}, at{}).Paint(green),
		box(at{9, 84, 34}, at{-40, 0, 78}).Paint(green),
		rod(at{-40, -34, 0}, at{-42, -34, 94}, 5).Paint(brown),
		rod(at{-40, 34, 0}, at{-42, 34, 94}, 5).Paint(brown),
		box(at{70, 8, 6}, at{0, 42, 34}).Paint(orange), // only one arm
		rod(at{34, 42, 0}, at{34, 42, 36}, 4).Paint(orange),
	}
	for _, x := range []float64{-36, 36} {
		for _, y := range []float64{-36, 36} {
			parts = append(parts, rod(at{x, y, 0}, at{x * 1.15, y * 1.15, -86}, 5.5, 4).Paint(brown))
		}
	}
	return parts
}

func drill() []*render.Mesh {
	body := render.Lathe(20, xy{0, -66}, xy{24, -66}, xy{29, -50}, xy{29, 10}, xy{24, 20}, xy{17, 34}, xy{17, 44},
		xy{10, 62}, xy{0, 62}).Turn(alongY, 90)
	return []*render.Mesh{
		body.Paint(teal),
		rod(at{60, 0, 0}, at{108, 0, 0}, 3.5, 3).Paint(steel),
		rod(at{34, 0, 0}, at{62, 0, 0}, 18, 11).Paint(coal),
		upright(30, xy{-48, -16}, xy{-8, -16}, xy{-22, -92}, xy{-58, -92}).Paint(teal.Scale(0.6)),
		box(at{74, 44, 28}, at{-34, 0, -104}).Paint(coal),
		box(at{8, 12, 22}, at{-6, 0, -34}).Paint(orange),
		box(at{50, 3, 22}, at{-22, 29, 2}).Paint(yellow),
	}
}

func hammer() []*render.Mesh {
	claw := []at{{-14, 0, 86}, {-34, 0, 88}, {-52, 0, 80}, {-64, 0, 64}}
	return []*render.Mesh{
		rod(at{0, 0, -100}, at{0, 0, 78}, 11, 8).Stretch(at{1.25, 0.9, 1}).Smooth(40).Paint(brown),
		rod(at{0, 0, -102}, at{0, 0, -40}, 14, 12).Paint(red),
		box(at{34, 26, 30}, at{0, 0, 86}).Paint(steel),
		rod(at{14, 0, 86}, at{44, 0, 86}, 12, 17).Paint(steel),
		wheel(18, 14, at{}).Turn(alongZ, 90).Move(at{50, 0, 86}).Paint(coal),
		render.Tube(10, claw, 12, 10, 7, 2).Move(at{0, 7, 0}).Paint(steel),
		render.Tube(10, claw, 12, 10, 7, 2).Move(at{0, -7, 0}).Paint(steel),
		box(at{26, 2, 16}, at{0, 14, 86}).Paint(yellow),
	}
}

func lamp() []*render.Mesh {
	shade := render.Lathe(24, xy{10, 0}, xy{16, 4}, xy{46, -52}, xy{43, -53}, xy{14, 0}, xy{10, -2})
	return []*render.Mesh{
		render.Lathe(28, xy{0, -6}, xy{46, -6}, xy{42, 4}, xy{0, 10}).Move(at{0, 0, -84}).Paint(coal),
		ball(at{8, 8, 6}, at{30, 0, -78}).Paint(red),
		rod(at{0, 0, -80}, at{-38, 0, 0}, 5).Paint(steel),
		ball(at{9, 9, 9}, at{-38, 0, 0}).Paint(orange),
		rod(at{-38, 0, 0}, at{30, 0, 70}, 5).Paint(steel),
		shade.Turn(alongY, -38).Move(at{32, 0, 76}).Paint(violet),
		ball(at{15, 15, 18}, at{52, 0, 50}).Paint(yellow),
	}
}

func mug() []*render.Mesh {
	return []*render.Mesh{
		render.Lathe(36, xy{0, -48}, xy{40, -48}, xy{45, -44}, xy{47, 50}, xy{43, 50}, xy{41, -40},
			xy{0, -40}).Paint(orange),
		render.Lathe(36, xy{42.5, 46}, xy{40.5, -38}, xy{0, -38}).Paint(chalk),
		render.Tube(14, render.Arc(18, at{42, 0, 2}, 31, -86, 86), 8).Paint(orange.Scale(0.8)),
		ball(at{16, 4, 20}, at{}).Move(at{0, -46, 0}).Paint(blue), // a badge on one side
		ball(at{3, 12, 12}, at{-46, 0, 16}).Paint(chalk),
		ball(at{3, 12, 12}, at{-46, 0, -16}).Paint(green),
	}
}

func plane() []*render.Mesh {
	fuselage := render.Lathe(20, xy{0, -92}, xy{5, -90}, xy{15, -40}, xy{18, 10}, xy{17, 50}, xy{11, 78},
		xy{0, 88}).Turn(alongY, 90)
	return []*render.Mesh{
		fuselage.Paint(chalk),
		render.Plate(5, xy{36, 0}, xy{6, 96}, xy{-20, 96}, xy{-6, 0}).Move(at{0, 0, -4}).Paint(red),
		render.Plate(5, xy{-6, 0}, xy{-20, -96}, xy{6, -96}, xy{36, 0}).Move(at{0, 0, -4}).Paint(blue),
		render.Plate(4, xy{-64, 0}, xy{-82, 38}, xy{-94, 38}, xy{-88, 0}, xy{-94, -38}, xy{-82, -38}).Paint(steel),
		upright(4, xy{-58, 8}, xy{-84, 50}, xy{-96, 50}, xy{-88, 4}).Paint(yellow),
		ball(at{20, 11, 10}, at{44, 0, 13}).Paint(teal),
		rod(at{20, 42, -12}, at{-14, 42, -12}, 9).Paint(coal),
		rod(at{20, -42, -12}, at{-14, -42, -12}, 9).Paint(coal),
	}
}

func rabbit() []*render.Mesh {
	return []*render.Mesh{
		ball(at{50, 36, 40}, at{-12, 0, -20}).Paint(pink),
		ball(at{28, 25, 26}, at{38, 0, 24}).Paint(pink),
		render.Tube(12, []at{{30, 12, 40}, {20, 16, 66}, {8, 20, 94}, {4, 20, 102}}, 7, 10, 8, 1).Paint(pink),
		render.Tube(12, []at{{30, -12, 40}, {22, -16, 66}, {22, -24, 88}, {30, -30, 98}}, 7, 10, 8,
			1).Paint(pink.Scale(0.75)),
		ball(at{15, 15, 15}, at{-64, 0, -22}).Paint(chalk),
		ball(at{26, 13, 10}, at{20, 22, -54}).Paint(chalk),
		ball(at{26, 13, 10}, at{20, -22, -54}).Paint(chalk),
		ball(at{5, 5, 5}, at{58, 14, 32}).Paint(coal),
		ball(at{5, 5, 5}, at{58, -14, 32}).Paint(coal),
		ball(at{6, 5, 4}, at{66, 0, 20}).Paint(red),
		ball(at{20, 12, 18}, at{-24, 30, -34}).Paint(brown), // a patch on one flank
	}
}

func teapot() []*render.Mesh {
	return []*render.Mesh{
		ball(at{56, 56, 44}, at{}).Paint(violet),
		render.Lathe(28, xy{0, -46}, xy{34, -46}, xy{38, -34}, xy{0, -34}).Paint(violet.Scale(0.7)),
		render.Lathe(28, xy{30, 36}, xy{28, 44}, xy{12, 52}, xy{0, 54}).Paint(yellow),
		ball(at{8, 8, 8}, at{0, 0, 60}).Paint(yellow),
		render.Tube(14, []at{{44, 0, -12}, {66, 0, -2}, {80, 0, 20}, {94, 0, 38}}, 16, 13, 9, 7).Paint(teal),
		render.Tube(12, render.Arc(16, at{-50, 0, 2}, 32, 75, 285), 7).Paint(teal),
		ball(at{18, 4, 16}, at{4, -54, 4}).Paint(chalk),
		ball(at{14, 4, 14}, at{-10, 54, 0}).Paint(orange),
	}
}
