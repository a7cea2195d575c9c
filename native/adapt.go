package native

import (
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"pixelda-wgpu/datasets"
	"pixelda-wgpu/gpu"
	"pixelda-wgpu/model"
	"pixelda-wgpu/model/graph"
	"pixelda-wgpu/native/internal/album"
	"pixelda-wgpu/native/internal/console"
	"pixelda-wgpu/trainer/checkpoint"
	"pixelda-wgpu/trainer/engine"
	"pixelda-wgpu/trainer/export"
)

// newAdapt is the command adapt. Images are redrawn in batches, so that a set may be larger than
// memory.
func newAdapt(c *console.Console) *cobra.Command {
	var adapter, data, out string
	var seed uint64
	var limit int
	cmd := &cobra.Command{
		Use:   "adapt [FLAGS] RUN|CHECKPOINT|BUNDLE.pxda IMAGES",
		Short: "redraw images in the target's style",
		Long: `Redraws images with a trained generator and writes them as PNG files. Images
with labels go into one folder for each class. IMAGES is the name of a data set,
a folder or ZIP file of images, or idx files; all of its splits are redrawn.
Another seed gives other noise, and with it another version of each image.
Images with depth are written to folders rgb and depth, and poses to poses.txt,
so that the result is a data set again.`,
		Example: `pixelda-wgpu adapt -out adapted runs/0001-pixelda drawings/
pixelda-wgpu adapt -out more -seed 2 -limit 100 runs/0001-pixelda mnist
pixelda-wgpu adapt digits.pxda drawings.zip`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) != 2 {
				return console.Misuse(cmd, "give two arguments: a run folder, checkpoint or bundle, and images")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			g, err := findGenerator(args[0])
			if err != nil {
				return err
			}
			splits, err := g.open(args[1], data)
			if err != nil {
				return err
			}
			d, err := openDevice(c, adapter)
			if err != nil {
				return err
			}
			defer d.Close()
			loaded, err := g.load(d, splits.Train)
			if err != nil {
				return err
			}
			defer loaded.Close()
			written, size := 0, 0
			images := album.New(out)
			for _, set := range []*datasets.Set{splits.Train, splits.Valid, splits.Test} {
				n := set.Len()
				if limit > 0 {
					n = min(n, limit-written)
				}
				if n == 0 {
					continue
				}
				for from := 0; from < n; from += adaptedAtOnce {
					part := set.Slice(from, min(from+adaptedAtOnce, n))
					adapted, err := loaded.Adapt(part, seed, from)
					if err != nil {
						return err
					}
					if err := images.Add(adapted, written); err != nil {
						return err
					}
					written, size = written+part.Len(), adapted.Width
				}
			}
			if err := images.Close(); err != nil {
				return err
			}
			c.Printf("%d images of %d×%d in %s\n", written, size, size, out)
			return nil
		},
	}
	adapterFlag(cmd, &adapter)
	cmd.Flags().StringVar(&data, "data", "", "look for downloaded data sets in `FOLDER` instead of the run's")
	cmd.Flags().StringVar(&out, "out", "adapted", "write to `FOLDER` (default: adapted)")
	cmd.Flags().Uint64Var(&seed, "seed", 1, "draw the noise from `SEED` (default: 1)")
	cmd.Flags().IntVar(&limit, "limit", 0, "redraw only the first `N` images")
	return cmd
}

// adaptedAtOnce is how many images are in memory at a time: a multiple of any usual batch.
const adaptedAtOnce = 4096

// generator is a trained generator, from a run or a bundle.
type generator struct {
	open func(images, data string) (datasets.Splits, error) // in a form that the generator takes
	load func(d *gpu.Device, images *datasets.Set) (redrawer, error)
}

// redrawer is a generator on a device. Image i of a call gets noise number first+i, so that a set
// may be redrawn in parts.
type redrawer interface {
	Adapt(images *datasets.Set, seed uint64, first int) (*datasets.Set, error)
	Close()
}

// findGenerator reads the bundle at path, or finds the checkpoint of a run.
func findGenerator(path string) (generator, error) {
	if isBundle(path) {
		b, err := export.Open(path)
		if err != nil {
			return generator{}, err
		}
		return generator{b.OpenSource, func(d *gpu.Device, _ *datasets.Set) (redrawer, error) { return b.Load(d) }}, nil
	}
	file, st, err := checkpoint.Inspect(path)
	if err != nil {
		return generator{}, err
	}
	open := func(images, data string) (datasets.Splits, error) {
		if data != "" {
			st.Config.Data = data
		}
		return engine.OpenSource(st.Config, images)
	}
	load := func(d *gpu.Device, images *datasets.Set) (redrawer, error) {
		form := model.Images{Width: images.Width, Height: images.Height, Channels: images.Channels}
		return checkpoint.OpenGenerator(d, file, form, graph.RuleFor(d.Info()))
	}
	return generator{open, load}, nil
}

// isBundle tells by its name whether a path is that of a bundle.
func isBundle(path string) bool { return strings.EqualFold(filepath.Ext(path), export.Extension) }
