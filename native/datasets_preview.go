package native

import (
	"fmt"
	"image/png"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"pixelda-wgpu/datasets"
	"pixelda-wgpu/datasets/open"
	"pixelda-wgpu/native/internal/console"
	"pixelda-wgpu/trainer/rundir"
)

// newPreview is the command 'datasets preview'.
func newPreview(c *console.Console) *cobra.Command {
	var f setFlags
	var output, split string
	var columns, scale int
	cmd := &cobra.Command{
		Use:   "preview SET -o FILE.png [FLAGS]",
		Short: "draw a grid of a set's images",
		Long: `Draws images of a set as a PNG file: one row for each class, or, where there are
no classes or more than thirty, as many rows as columns. Images with depth have
it drawn below them, bright where near and black where far, and their mask below
that.`,
		Example: `pixelda-wgpu datasets preview digits-m -o digits-m.png
pixelda-wgpu datasets preview photos/ -o photos.png -split test -scale 1`,
		Args: console.Arguments(1, "one set"),
		RunE: func(cmd *cobra.Command, args []string) error {
			switch {
			case !slices.Contains(splitNames, split):
				return console.Misuse(cmd, "flag -split: %q is not train, valid or test", split)
			case strings.ToLower(filepath.Ext(output)) != ".png":
				return console.Misuse(cmd, "give the file to write, which ends in .png: -o FILE.png")
			case columns < 1 || columns > 256:
				return console.Misuse(cmd, "flag -columns: %d is not from 1 to 256", columns)
			case scale < 0 || scale > 16:
				return console.Misuse(cmd, "flag -scale: %d is not from 1 to 16", scale)
			}
			all, err := open.Splits(args[0], f.options())
			if err != nil {
				return err
			}
			set, err := pick(all, split)
			if err != nil {
				return err
			}
			if scale == 0 {
				scale = max(1, 64/set.Width)
			}
			indices, perRow := show(set, columns)
			picture := set.Grid(indices, perRow, scale)
			if err := rundir.WriteFile(output, func(w io.Writer) error { return png.Encode(w, picture) }); err != nil {
				return err
			}
			c.Printf("%s: %s, %d×%d pixels\n", output, set.Name, picture.Rect.Dx(), picture.Rect.Dy())
			return nil
		},
	}
	f.add(cmd)
	cmd.Flags().StringVarP(&output, "output", "o", "", "write `FILE`")
	cmd.Flags().StringVar(&split, "split", "train", "show the train, valid or test `IMAGES` (default: train)")
	cmd.Flags().IntVar(&columns, "columns", 16, "draw `N` images in a row (default: 16)")
	cmd.Flags().IntVar(&scale, "scale", 0, "enlarge images `N` times (default: to about 64 pixels)")
	return cmd
}

// pick returns one split by name; it is an error if it has no images.
func pick(s datasets.Splits, split string) (*datasets.Set, error) {
	set := splitOf(s, split)
	if set.Len() == 0 {
		return nil, fmt.Errorf("%s has no %s images", s.Origin, split)
	}
	return set, nil
}

// show chooses the images of a preview and how many are in a row: equally many of each class if
// that makes a picture of sensible size, otherwise the first images.
func show(s *datasets.Set, columns int) (indices []int, perRow int) {
	const mostRows = 30
	if !s.Labelled() || len(s.Classes) > mostRows {
		for i := range min(s.Len(), columns*columns) {
			indices = append(indices, i)
		}
		return indices, min(len(indices), columns)
	}
	byClass := make([][]int, len(s.Classes))
	for i, label := range s.Labels {
		if len(byClass[label]) < columns {
			byClass[label] = append(byClass[label], i)
		}
	}
	perRow = columns
	for _, class := range byClass {
		if len(class) > 0 {
			perRow = min(perRow, len(class))
		}
	}
	for _, class := range byClass {
		indices = append(indices, class[:min(perRow, len(class))]...)
	}
	return indices, perRow
}
