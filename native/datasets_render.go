package native

import (
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"pixelda-wgpu/datasets"
	"pixelda-wgpu/datasets/draw"
	"pixelda-wgpu/datasets/open"
	"pixelda-wgpu/datasets/pack"
	"pixelda-wgpu/native/internal/console"
)

// newRender is the command 'datasets render'.
func newRender(c *console.Console) *cobra.Command {
	r := draw.DefaultRendering()
	var output, convention, crops, data string
	var raw bool
	cmd := &cobra.Command{
		Use:   "render -o FILE.pxds [FLAGS]",
		Short: "render CAD models to a synthetic source domain",
		Long: `Renders PLY models to a packed set: RGB with depth, and the class and pose of
each image, in views spread evenly over the upper half of the sphere. The
defaults make the synthetic source of the paper's LineMod scenario, 109,208
images of eleven objects; docs/linemod.md says where to get the models and what
depth means.

With -backgrounds, each object stands in front of a piece of a photograph. With
-convention, poses, camera and objects are those of the LineMod crops. Then
-crops draws no views of its own: it adds the depth of the objects to the images
of such a set.`,
		Example: `pixelda-wgpu datasets render -raw -o data/linemod-synthetic.pxds
pixelda-wgpu datasets render -models cad/ -train 20000 -o cad.pxds
pixelda-wgpu datasets render -convention pose_convention.json -o crops-synthetic.pxds
pixelda-wgpu datasets render -backgrounds data/bsds500/train -o on-photos.pxds`,
		Args: console.NoArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if filepath.Ext(output) != ".pxds" {
				return console.Misuse(cmd, "give the file to write, which ends in .pxds: -o FILE.pxds")
			}
			if convention != "" {
				if cmd.Flags().Changed("field") {
					return console.Misuse(cmd, "flag -field: the convention of poses states what an image shows")
				}
				var err error
				if r.Convention, err = draw.ReadConvention(convention); err != nil {
					return err
				}
			}
			if crops != "" && r.Convention == nil {
				return console.Misuse(cmd, "flag -crops: give the convention of their poses too: -convention FILE")
			}
			if r.Models == "" {
				r.Models = filepath.Join(data, "linemod_models")
			}
			s, err := openRendering(r, crops, data)
			if err != nil {
				return err
			}
			if err := saveRendering(c, s, output, raw); err != nil {
				return err
			}
			info, err := os.Stat(output)
			if err != nil {
				return err
			}
			c.Printf("%s: %s, %s\n", output, splitCounts(s), console.Bytes(uint64(info.Size())))
			return nil
		},
	}
	f := cmd.Flags()
	f.StringVarP(&output, "output", "o", "", "write `FILE`")
	f.StringVar(&r.Models, "models", "",
		"read PLY models from a `FOLDER` or archive (default: linemod_models in -data)")
	f.StringSliceVar(&r.Objects, "objects", nil,
		"render only these `OBJECTS`, as ape,cam (default: the paper's, else all)")
	f.StringVar(&convention, "convention", "", "place the models by `FILE`, which fits them to other poses")
	f.StringVar(&crops, "crops", "", "add depth to the images of `SET` instead, such as linemod-crops")
	dataFlag(cmd, &data)
	f.StringVar(&r.Backgrounds, "backgrounds", "", "cut backgrounds from the photographs in `FOLDER` (default: black)")
	f.IntVar(&r.Counts.Train, "train", r.Counts.Train, "render `N` training images (default: 109208)")
	f.IntVar(&r.Counts.Valid, "valid", r.Counts.Valid, "render `N` validation images")
	f.IntVar(&r.Counts.Test, "test", r.Counts.Test, "render `N` test images (default: 1100)")
	f.IntVar(&r.Size, "size", r.Size, "render images of `N` × N pixels (default: 64)")
	f.Float64Var(&r.Field, "field", r.Field, "let an image show `MM` millimetres at the object (default: 250)")
	f.Float64Var(&r.Views.Lowest, "lowest", r.Views.Lowest,
		"lowest `ELEVATION` of the camera in degrees; -90 for the whole sphere")
	f.Float64Var(&r.Views.Highest, "highest", r.Views.Highest,
		"highest `ELEVATION` of the camera in degrees (default: 90)")
	f.Float64Var(&r.Views.Roll, "roll", r.Views.Roll, "turn images by up to `DEGREES` to either side (default: 45)")
	f.Uint64Var(&r.Seed, "seed", r.Seed, "draw the views from `SEED` (default: 1)")
	f.BoolVar(&raw, "raw", false, "leave the images uncompressed, so that they need not fit into memory")
	return cmd
}

// openRendering returns splits whose images are drawn on demand.
func openRendering(r draw.Rendering, crops, data string) (datasets.Splits, error) {
	if crops == "" {
		return r.Open()
	}
	s, err := open.Splits(crops, datasets.Options{Dir: data, Channels: 3, Seed: r.Seed})
	if err != nil {
		return s, err
	}
	return r.Convention.Depth(s, r.Models)
}

// saveRendering draws and writes the splits, and shows how many images are done.
func saveRendering(c *console.Console, s datasets.Splits, output string, raw bool) error {
	p := c.Progress("render", "images", 0, int64(s.Train.Len()+s.Valid.Len()+s.Test.Len()))
	if err := pack.Save(output, s, raw, func(images, _ int) { p.Set(int64(images), "") }); err != nil {
		p.Erase()
		return err
	}
	p.Close()
	return nil
}
