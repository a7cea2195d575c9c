package render

// Light is a lamp infinitely far away plus ambient light.
type Light struct {
	Towards Vec // from the object to the lamp, in the camera's space, of length 1
	Ambient Vec // red, green and blue
	Diffuse Vec
	Gloss   float64 // strength of white highlights, 0 for dull surfaces
}

// Pixel is what a frame has at one place.
type Pixel struct {
	Colour   Vec     // of the covered part, from 0 to 1
	Coverage float64 // from 0 to 1
	Depth    float64 // z of the nearest sample
	Thing    int     // the number of that sample's mesh, in the order of drawing
}

// Shade returns the pixel at column x and row y, by Lambert's law with a highlight (Blinn 1977) on
// normals and colours interpolated in space. Consecutive samples of one triangle within the pixel
// share a colour.
func (f *Frame) Shade(x, y int, l *Light) Pixel {
	var p Pixel
	covered, nearest := 0, float32(0)
	var colour Vec
	last, k := int32(-1), 0
	for row := y * f.samples; row < (y+1)*f.samples; row++ {
		for column := x * f.samples; column < (x+1)*f.samples; column++ {
			at := row*f.side + column
			n := f.nearness[at]
			if n == 0 {
				continue
			}
			covered++
			if hit := f.hit[at]; hit != last {
				last = hit
				for k = len(f.things) - 1; f.things[k].first > int(hit); k-- {
				}
				colour = f.sample(&f.things[k], int(hit), column, row, l)
			}
			p.Colour = p.Colour.Add(colour)
			if n > nearest {
				nearest, p.Thing, p.Depth = n, k, 1/float64(n)
			}
		}
	}
	if covered > 0 {
		p.Colour = p.Colour.Scale(1 / float64(covered))
		p.Coverage = float64(covered) / float64(f.samples*f.samples)
	}
	return p
}

// sample is the colour at one sample of a triangle.
func (f *Frame) sample(t *thing, triangle, column, row int, l *Light) Vec {
	face := t.mesh.Faces[triangle-t.first]
	x, y := column*subsample+subsample/2, row*subsample+subsample/2
	corners := f.corners[t.corners:]
	a, b, c := &corners[face[0]], &corners[face[1]], &corners[face[2]]
	// Barycentric weights on the screen become weights in space by 1/z.
	wa := float64(cross(b, c, x, y)) * float64(a.nearness)
	wb := float64(cross(c, a, x, y)) * float64(b.nearness)
	wc := float64(cross(a, b, x, y)) * float64(c.nearness)
	per := 1 / (wa + wb + wc)
	wa, wb, wc = wa*per, wb*per, wc*per
	var normal, colour Vec
	for k := range 3 {
		normal[k] = wa*t.mesh.Normals[face[0]][k] + wb*t.mesh.Normals[face[1]][k] + wc*t.mesh.Normals[face[2]][k]
		colour[k] = wa*t.mesh.Colours[face[0]][k] + wb*t.mesh.Colours[face[1]][k] + wc*t.mesh.Colours[face[2]][k]
	}
	normal = t.rotation.Apply(normal).Unit()
	scale := 1 / (f.camera.Focal * float64(f.samples*subsample))
	centre := f.camera.Centre / f.camera.Focal
	view := Vec{centre - float64(x)*scale, centre - float64(y)*scale, -1} // towards the camera
	if normal.Dot(view) < 0 {
		normal = normal.Scale(-1)
	}
	light := l.Ambient.Add(l.Diffuse.Scale(max(0, normal.Dot(l.Towards))))
	colour = colour.times(light)
	if l.Gloss > 0 {
		h := max(0, normal.Dot(view.Unit().Add(l.Towards).Unit()))
		h *= h
		h *= h
		h *= h
		h *= h * h // the 24th power
		for k := range colour {
			colour[k] += l.Gloss * h
		}
	}
	for k := range colour {
		colour[k] = min(colour[k], 1)
	}
	return colour
}
