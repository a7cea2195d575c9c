package native

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"pixelda-wgpu/datasets"
	"pixelda-wgpu/native/internal/console"
)

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
	datasets.Options
	counts datasets.Counts
}

func (f *setFlags) add(cmd *cobra.Command) {
	dataFlag(cmd, &f.Dir)
	cmd.Flags().IntVar(&f.Size, "size", 0, "resize to `N` × N pixels")
	cmd.Flags().IntVar(&f.Channels, "channels", 0, "convert to 1 (grey) or 3 (RGB) `CHANNELS`; depth is dropped")
	cmd.Flags().Uint64Var(&f.Seed, "seed", 1, "draw generated images and random splits from `SEED` (default: 1)")
	cmd.Flags().IntVar(&f.counts.Train, "train", 0, "take `N` training images; without -train, -valid and -test the usual numbers")
	cmd.Flags().IntVar(&f.counts.Valid, "valid", 0, "take `N` validation images")
	cmd.Flags().IntVar(&f.counts.Test, "test", 0, "take `N` test images")
	cmd.ValidArgsFunction = func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		var names []string
		for _, k := range datasets.List() {
			names = append(names, k.Name+"\t"+k.About)
		}
		return names, cobra.ShellCompDirectiveDefault
	}
}

// options are the flags' values, counts only if one was given.
func (f *setFlags) options() datasets.Options {
	o := f.Options
	if f.counts != (datasets.Counts{}) {
		o.Counts = &f.counts
	}
	return o
}

func dataFlag(cmd *cobra.Command, dir *string) {
	cmd.Flags().StringVar(dir, "data", "data", "look for downloaded sets in `FOLDER` (default: data)")
}

func newPack(c *console.Console) *cobra.Command {
	var f setFlags
	var output string
	var raw bool
	cmd := &cobra.Command{
		Use:   "pack SET -o FILE.pxds [FLAGS]",
		Short: "put a set into one file",
		Long: `Writes a set, prepared as the flags say, into one file that opens quickly and
carries checksums. Other commands and the web page accept it as a SET.

The file is compressed, and is read into memory as a whole. With -raw it is as
large as its images, and training takes them from the file one by one: for sets
of a million images, or sets larger than the memory. Opening a raw file reads it
once to check it; do not change it while it is in use. Packing holds only a few
images of a folder, ZIP file or generated set at a time, so those may be as
large.`,
		Example: `pixelda-wgpu datasets pack photos/ -o photos.pxds -size 32
pixelda-wgpu datasets pack mnist-m -o mnist-m.pxds
pixelda-wgpu datasets pack photos.zip -o photos.pxds -size 64 -channels 3 -raw`,
		Args: console.Arguments(1, "one set"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if filepath.Ext(output) != ".pxds" {
				return console.Misuse(cmd, "give the file to write, which ends in .pxds: -o FILE.pxds")
			}
			counts, err := packSet(c, output, args[0], f.options(), raw)
			if err != nil {
				return err
			}
			info, err := os.Stat(output)
			if err != nil {
				return err
			}
			c.Printf("%s: %s, %s\n", output, packedCounts(counts), console.Bytes(uint64(info.Size())))
			return nil
		},
	}
	f.add(cmd)
	cmd.Flags().StringVarP(&output, "output", "o", "", "write `FILE`")
	cmd.Flags().BoolVar(&raw, "raw", false, "leave the images uncompressed, so that they need not fit into memory")
	return cmd
}

// packSet packs a set, and shows how many images are written while that takes long.
func packSet(c *console.Console, output, spec string, o datasets.Options, raw bool) (datasets.Counts, error) {
	var p *console.Progress
	counts, err := datasets.Pack(output, spec, o, raw, func(images, all int) {
		if p == nil {
			p = c.Progress("pack", "images", 0, int64(all))
		}
		p.Set(int64(images), "")
	})
	if p != nil {
		p.Erase()
	}
	return counts, err
}

// packedCounts writes how many images each split has.
func packedCounts(c datasets.Counts) string {
	var parts []string
	for i, n := range []int{c.Train, c.Valid, c.Test} {
		if n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, splitNames[i]))
		}
	}
	return strings.Join(parts, ", ")
}
