//go:build view || js

// Package window shows a gallery with Ebiten: in a window of the system, or in a browser's page. It
// is the only package that imports Ebiten, which on Linux, without a display, ends any program that
// links it.
package window

import (
	"image"
	"sync"

	"github.com/hajimehoshi/ebiten/v2"

	"pixelda-wgpu/trainer/gallery"
)

// Window is a gallery on a screen. It draws only when something has happened, and otherwise leaves
// the processor to the training.
type Window struct {
	mu      sync.Mutex
	gallery *gallery.Gallery
	canvas  *canvas
	input   input
	title   string
	leave   func() bool
	save    func(image.Image) // takes the next picture drawn
	scale   float64
	done    bool
}

// New makes a window with an empty gallery. leave, which may be nil, is called when Escape is
// pressed in the grid; if it returns true, the window closes.
func New(host gallery.Host, title string, leave func() bool) (*Window, error) {
	c, err := newCanvas()
	if err != nil {
		return nil, err
	}
	return &Window{gallery: gallery.New(host), canvas: c, title: title, leave: leave, scale: 1}, nil
}

// Do calls f with the gallery, from any goroutine but not from within a method of its host, and
// draws the result.
func (w *Window) Do(f func(*gallery.Gallery)) {
	w.mu.Lock()
	f(w.gallery)
	w.mu.Unlock()
	schedule()
}

// schedule asks for a frame. Ebiten has deprecated drawing on demand without offering a
// replacement; 60 frames a second would starve training on a software driver.
func schedule() {
	ebiten.ScheduleFrame() //nolint:staticcheck // see above
}

// Capture hands over the next picture drawn. A host calls it from Save.
func (w *Window) Capture(f func(image.Image)) { w.save = f }

// Close ends Run.
func (w *Window) Close() {
	w.mu.Lock()
	w.done = true
	w.mu.Unlock()
	schedule()
}

// Run shows the window until it is closed. It must be called on the main goroutine.
func (w *Window) Run() error {
	ebiten.SetWindowSize(1180, 760)
	ebiten.SetWindowSizeLimits(320, 320, -1, -1)
	ebiten.SetWindowResizingMode(ebiten.WindowResizingModeEnabled)
	ebiten.SetWindowTitle(w.title)
	ebiten.SetScreenClearedEveryFrame(false)
	ebiten.SetFPSMode(ebiten.FPSModeVsyncOffMinimum) //nolint:staticcheck // as schedule says
	return ebiten.RunGameWithOptions(w, &ebiten.RunGameOptions{InitUnfocused: inPage})
}

// Update implements ebiten.Game.
func (w *Window) Update() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.input.pass(w)
	if w.done {
		return ebiten.Termination
	}
	return nil
}

// Draw implements ebiten.Game.
func (w *Window) Draw(screen *ebiten.Image) {
	w.mu.Lock()
	w.canvas.begin(screen)
	w.gallery.Draw(w.canvas)
	w.canvas.end()
	save := w.save
	w.save = nil
	w.mu.Unlock()
	if save != nil {
		picture := image.NewRGBA(screen.Bounds())
		screen.ReadPixels(picture.Pix)
		save(picture)
	}
}

// Layout implements ebiten.Game: one pixel of the screen is one of the device.
func (w *Window) Layout(width, height int) (int, int) {
	x, y := w.LayoutF(float64(width), float64(height))
	return int(x), int(y)
}

// LayoutF implements ebiten.LayoutFer.
func (w *Window) LayoutF(width, height float64) (screenWidth, screenHeight float64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.scale = ebiten.Monitor().DeviceScaleFactor()
	screenWidth, screenHeight = max(1, width*w.scale), max(1, height*w.scale)
	w.gallery.Resize(screenWidth, screenHeight, w.scale)
	return screenWidth, screenHeight
}
