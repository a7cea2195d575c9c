// Package album writes image sets as folders of PNG files.
package album

import (
	"fmt"
	"image"
	"image/png"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"pixelda-wgpu/datasets"
	"pixelda-wgpu/trainer/rundir"
)

// Album writes images to a folder as PNG files, in a form that datasets/read reads back: in a
// folder per class if they have labels; colours and depth of RGB-D in separate folders; poses in a
// text file.
type Album struct {
	folder string
	poses  map[string]*strings.Builder // by folder, as datasets/read expects them
}

// New returns an album that writes into a folder, which is created if it does not exist.
func New(folder string) *Album { return &Album{folder, map[string]*strings.Builder{}} }

// Add saves a set as class/000123.png, numbered from first.
func (a *Album) Add(set *datasets.Set, first int) error {
	for i := range set.Len() {
		dir, name := a.folder, fmt.Sprintf("%06d.png", first+i)
		if set.Labelled() {
			dir = filepath.Join(dir, set.Classes[set.Labels[i]])
		}
		colours := dir
		if set.Channels == datasets.RGBD {
			colours = filepath.Join(dir, "rgb")
		}
		if err := savePNG(colours, name, picture(set, i)); err != nil {
			return err
		}
		if set.Channels == datasets.RGBD {
			if err := savePNG(filepath.Join(dir, "depth"), name, depth(set, i)); err != nil {
				return err
			}
		}
		if set.Poses != nil {
			if a.poses[dir] == nil {
				a.poses[dir] = &strings.Builder{}
			}
			q := set.Poses[i]
			fmt.Fprintf(a.poses[dir], "# %s\n%g %g %g %g\n", name, q[0], q[1], q[2], q[3])
		}
	}
	return nil
}

// Close writes the poses.
func (a *Album) Close() error {
	for _, dir := range slices.Sorted(maps.Keys(a.poses)) {
		err := rundir.WriteFile(filepath.Join(dir, "poses.txt"), func(w io.Writer) error {
			_, err := io.WriteString(w, a.poses[dir].String())
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func savePNG(dir, name string, img image.Image) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	return rundir.WriteFile(filepath.Join(dir, name), func(w io.Writer) error { return png.Encode(w, img) })
}

// picture is image i of a set, without depth.
func picture(set *datasets.Set, i int) image.Image {
	pixels := set.Image(i)
	if set.Channels == 1 {
		return &image.Gray{Pix: pixels, Stride: set.Width, Rect: image.Rect(0, 0, set.Width, set.Height)}
	}
	img := image.NewNRGBA(image.Rect(0, 0, set.Width, set.Height))
	for p := range set.Width * set.Height {
		copy(img.Pix[4*p:], pixels[p*set.Channels:][:3])
		img.Pix[4*p+3] = 255
	}
	return img
}

// depth is the depth of image i, of RGB-D.
func depth(set *datasets.Set, i int) image.Image {
	pixels, img := set.Image(i), image.NewGray(image.Rect(0, 0, set.Width, set.Height))
	for p := range img.Pix {
		img.Pix[p] = pixels[4*p+3]
	}
	return img
}
