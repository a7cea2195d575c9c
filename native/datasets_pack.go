package native

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"pixelda-wgpu/datasets"
	"pixelda-wgpu/datasets/open"
	"pixelda-wgpu/native/internal/console"
)

// newPack is the command 'datasets pack'.
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

// packSet packs a set, and shows meanwhile how many images have been written.
func packSet(c *console.Console, output, spec string, o datasets.Options, raw bool) (datasets.Counts, error) {
	var p *console.Progress
	counts, err := open.Pack(output, spec, o, raw, func(images, all int) {
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

// packedCounts says how many images of each split were packed.
func packedCounts(c datasets.Counts) string {
	var parts []string
	for i, n := range []int{c.Train, c.Valid, c.Test} {
		if n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, splitNames[i]))
		}
	}
	return strings.Join(parts, ", ")
}
