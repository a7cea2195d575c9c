//go:build view || js

package window

import (
	"math"

	"github.com/hajimehoshi/ebiten/v2"
	"github.com/hajimehoshi/ebiten/v2/inpututil"
)

// input passes keys, mouse and touches on to a gallery.
type input struct {
	keys  []ebiten.Key
	touch ebiten.TouchID
	down  bool    // a finger is on the screen
	drags bool    // and has moved too far for a tap
	y     float64 // where it was last
	from  [2]float64
}

const (
	wheelStep = 60.0 // units per notch
	slop      = 8.0  // units that a finger may move within a tap
)

// pass handles what has happened since the last frame.
func (in *input) pass(w *Window) {
	g := w.gallery
	in.keys = inpututil.AppendJustPressedKeys(in.keys[:0])
	for _, key := range in.keys {
		code := key.String()
		if len(code) == 1 { // a letter; other keys have the browsers' names
			code = "Key" + code
		}
		switch used := g.Key(code); {
		case used:
		case code == "Escape" && w.leave != nil && w.leave():
			w.done = true
		case code == "KeyF" && !inPage:
			ebiten.SetFullscreen(!ebiten.IsFullscreen())
		}
	}
	x, y := ebiten.CursorPosition()
	g.Point(float64(x), float64(y))
	if inpututil.IsMouseButtonJustPressed(ebiten.MouseButtonLeft) {
		g.Click(float64(x), float64(y))
	}
	if _, dy := ebiten.Wheel(); dy != 0 {
		g.Scroll(-math.Copysign(min(math.Abs(dy), 3), dy) * wheelStep * w.scale)
	}
	in.finger(w)
}

// finger handles taps, and drags of the content.
func (in *input) finger(w *Window) {
	if !in.down {
		for _, id := range inpututil.AppendJustPressedTouchIDs(nil) {
			x, y := ebiten.TouchPosition(id)
			in.touch, in.down, in.drags = id, true, false
			in.from, in.y = [2]float64{float64(x), float64(y)}, float64(y)
			break
		}
		return
	}
	if inpututil.IsTouchJustReleased(in.touch) {
		in.down = false
		if !in.drags {
			w.gallery.Click(in.from[0], in.from[1])
			w.gallery.Point(-1, -1)
		}
		return
	}
	x, y := ebiten.TouchPosition(in.touch)
	if math.Hypot(float64(x)-in.from[0], float64(y)-in.from[1]) > slop*w.scale {
		in.drags = true
	}
	if in.drags {
		w.gallery.Scroll(in.y - float64(y))
	}
	in.y = float64(y)
}
