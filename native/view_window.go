//go:build view

package native

import (
	"fmt"
	"image"
	"image/png"
	"io"

	"github.com/spf13/cobra"

	"pixelda-wgpu/gpu"
	"pixelda-wgpu/native/internal/exhibit"
	"pixelda-wgpu/trainer/gallery"
	"pixelda-wgpu/trainer/gallery/window"
	"pixelda-wgpu/trainer/rundir"
)

// prepare changes nothing: this program has the window.
func (v *viewing) prepare(*cobra.Command) {}

// open shows a window until it is closed.
func (v *viewing) open(path string) error {
	v.console.Phase("reading images")
	e, err := exhibit.Open(path, v.data)
	v.console.Phase("")
	if err != nil {
		return err
	}
	d, err := gpu.Open(gpu.Options{Adapter: v.adapter})
	if err != nil {
		return err
	}
	defer d.Close()
	h := &windowHost{Visitor: exhibit.NewVisitor(), exhibit: e}
	h.window, err = window.New(h, "PixelDA: "+e.Title, func() bool { return true })
	if err != nil {
		return err
	}
	done := make(chan error, 1)
	go func() {
		err := guarded(func() error { return e.Serve(d, h.Visitor, h.window.Do) })
		if err != nil {
			h.window.Close() // and the terminal shows the error
		}
		done <- err
	}()
	err = h.window.Run()
	h.Depart()
	if failed := <-done; failed != nil {
		return failed
	}
	return err
}

// windowHost computes for a gallery in a window.
type windowHost struct {
	*exhibit.Visitor
	exhibit *exhibit.Exhibit
	window  *window.Window
}

// Leave implements gallery.Host.
func (h *windowHost) Leave() string { return "close the window; F fills the screen" }

// Save implements gallery.Host: it writes a picture to the current folder.
func (h *windowHost) Save() {
	h.window.Capture(func(img image.Image) {
		file := h.exhibit.PictureName()
		err := rundir.WriteFile(file, func(w io.Writer) error { return png.Encode(w, img) })
		h.window.Do(func(g *gallery.Gallery) {
			if err != nil {
				g.Toast(err.Error())
				return
			}
			g.Toast(fmt.Sprintf("Saved %s", file))
		})
	})
}
