package native

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"pixelda-wgpu/datasets"
	"pixelda-wgpu/datasets/open"
	"pixelda-wgpu/native/internal/console"
)

// newDatasets is the command datasets, which groups others, each in a file of its own:
// datasets_NAME.go.
func newDatasets(c *console.Console) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "datasets",
		Short: "list, download, render, look at and pack image sets",
		Long: `Looks after image sets. A SET is a name that 'datasets list' shows, or a path: a
folder, ZIP or tar.gz file of images [train|valid|test/]class/image.png; one
domain of domain/class/image.png, written FOLDER/domain; a folder of idx files
such as MNIST's; or a packed set (.pxds). Folders with a poses.txt have poses,
and perhaps depth: see docs/linemod.md.`,
		Example: `pixelda-wgpu datasets list
pixelda-wgpu datasets download mnist usps
pixelda-wgpu datasets info photos.zip
pixelda-wgpu datasets preview digits-m -o digits-m.png
pixelda-wgpu datasets render -raw -o data/linemod-synthetic.pxds`,
		RunE: console.Subcommand,
	}
	cmd.AddCommand(newList(c), newDownload(c), newSetInfo(c), newPreview(c), newPack(c), newRender(c))
	return cmd
}

// setFlags are the flags of the commands that open a set.
type setFlags struct {
	set    datasets.Options
	counts datasets.Counts
}

// add defines the flags, and completes the names of known sets.
func (f *setFlags) add(cmd *cobra.Command) {
	dataFlag(cmd, &f.set.Dir)
	cmd.Flags().IntVar(&f.set.Size, "size", 0, "resize to `N` × N pixels")
	cmd.Flags().IntVar(&f.set.Channels, "channels", 0, "convert to 1 (grey) or 3 (RGB) `CHANNELS`; depth is dropped")
	cmd.Flags().Uint64Var(&f.set.Seed, "seed", 1, "draw generated images and random splits from `SEED` (default: 1)")
	cmd.Flags().IntVar(&f.counts.Train, "train", 0,
		"take `N` training images; without -train, -valid and -test the usual numbers")
	cmd.Flags().IntVar(&f.counts.Valid, "valid", 0, "take `N` validation images")
	cmd.Flags().IntVar(&f.counts.Test, "test", 0, "take `N` test images")
	cmd.ValidArgsFunction = func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		var names []string
		for _, k := range open.List() {
			names = append(names, k.Name+"\t"+k.About)
		}
		return names, cobra.ShellCompDirectiveDefault
	}
}

// options are the values of the flags. If no count is given, a set has its usual numbers of images.
func (f *setFlags) options() datasets.Options {
	o := f.set
	if f.counts != (datasets.Counts{}) {
		o.Counts = &f.counts
	}
	return o
}

// dataFlag says where downloaded sets are kept.
func dataFlag(cmd *cobra.Command, dir *string) {
	cmd.Flags().StringVar(dir, "data", "data", "look for downloaded sets in `FOLDER` (default: data)")
}

// splitNames are the splits of a set in the order in which they are listed.
var splitNames = []string{"train", "valid", "test"}

// splitOf returns a split by name, which may be nil.
func splitOf(s datasets.Splits, name string) *datasets.Set {
	return map[string]*datasets.Set{"train": s.Train, "valid": s.Valid, "test": s.Test}[name]
}

// splitCounts writes how many images each split has.
func splitCounts(s datasets.Splits) string {
	var parts []string
	for _, name := range splitNames {
		if set := splitOf(s, name); set != nil {
			parts = append(parts, fmt.Sprintf("%d %s", set.Len(), name))
		}
	}
	return strings.Join(parts, ", ")
}
