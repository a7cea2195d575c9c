package native

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"pixelda-wgpu/datasets"
	"pixelda-wgpu/native/internal/console"
	"pixelda-wgpu/trainer/checkpoint"
	"pixelda-wgpu/trainer/export"
	"pixelda-wgpu/trainer/rundir"
)

// exported is what export prints as JSON.
type exported struct {
	Generator export.Architecture `json:"generator"`
	Trained   export.Origin       `json:"trained"`
	Files     []exportedFile      `json:"files"`
}

// exportedFile is a file that has been written.
type exportedFile struct {
	Path   string `json:"path"`
	Format string `json:"format"`
	Bytes  int64  `json:"bytes"`
}

// exportTarget is a file that is written if path is not empty.
type exportTarget struct {
	path, format string
	extension    string
	write        func(io.Writer) error
}

// newExport is the command export. It needs no device: a bundle contains shaders for every adapter.
func newExport(c *console.Console) *cobra.Command {
	var bundle, onnx, weights, example, data string
	var half, asJSON bool
	cmd := &cobra.Command{
		Use:   "export [FLAGS] RUN|CHECKPOINT|BUNDLE.pxda",
		Short: "write a trained generator for web pages and other programs",
		Long: `Writes a trained generator as a file for other programs. A bundle (.pxda) holds
shaders, weights and examples, and works on any web page with WebGPU and in
'pixelda-wgpu adapt'. ONNX works in most runtimes. A safetensors file holds the
weights under the names that PyTorch gives them. Given a run, it takes the
checkpoint that was chosen without target labels.`,
		Example: `pixelda-wgpu export runs/0001-pixelda -o digits.pxda -f16
pixelda-wgpu export runs/0001-pixelda -onnx digits.onnx -safetensors digits.safetensors
pixelda-wgpu export checkpoint.safetensors -o faces.pxda -example faces/`,
		Args: console.OneArgument("a run folder, a checkpoint or a bundle"),
		RunE: func(cmd *cobra.Command, args []string) error {
			var b *export.Bundle
			targets := []exportTarget{
				{bundle, "bundle", export.Extension, func(w io.Writer) error { return b.Write(w, half) }},
				{onnx, fmt.Sprintf("ONNX, opset %d", export.Opset), ".onnx", func(w io.Writer) error {
					return b.WriteONNX(w)
				}},
				{weights, "safetensors", ".safetensors", func(w io.Writer) error { return b.WriteWeights(w, half) }},
			}
			if err := checkTargets(cmd, targets, args[0]); err != nil {
				return err
			}
			if half && bundle == "" && weights == "" {
				return console.Misuse(cmd, "flag -f16 is for -o and -safetensors")
			}
			var err error
			if b, err = openForExport(args[0]); err != nil {
				return err
			}
			if bundle != "" && (b.Example == nil || example != "") {
				if err := takeExamples(b, example, data); err != nil {
					return err
				}
			}
			result := exported{Generator: b.Generator, Trained: b.Trained}
			for _, t := range targets {
				if t.path == "" {
					continue
				}
				if err := rundir.WriteFile(t.path, t.write); err != nil {
					return err
				}
				info, err := os.Stat(t.path)
				if err != nil {
					return err
				}
				result.Files = append(result.Files, exportedFile{t.path, t.format, info.Size()})
			}
			if asJSON {
				return c.JSON(result)
			}
			result.print(c, b.Parameters())
			return nil
		},
	}
	cmd.Flags().StringVarP(&bundle, "output", "o", "", "write a bundle, `FILE.pxda`")
	cmd.Flags().BoolVar(&half, "f16", false, "store the weights as float16, in half the size")
	cmd.Flags().StringVar(&onnx, "onnx", "", "write an ONNX model, `FILE.onnx`")
	cmd.Flags().StringVar(&weights, "safetensors", "", "write the weights, `FILE.safetensors`")
	cmd.Flags().StringVar(&example, "example", "", "let the bundle show these `IMAGES` instead of the run's source")
	cmd.Flags().StringVar(&data, "data", "", "look for downloaded data sets in `FOLDER` instead of the run's")
	jsonFlag(cmd, &asJSON)
	return cmd
}

// checkTargets reports mistakes in file names before any file is written.
func checkTargets(cmd *cobra.Command, targets []exportTarget, source string) error {
	none := true
	for _, t := range targets {
		switch {
		case t.path == "":
			continue
		case !strings.EqualFold(filepath.Ext(t.path), t.extension):
			return console.Misuse(cmd, "%s is written to a file that ends in %s; %q does not", t.format, t.extension,
				t.path)
		case filepath.Clean(t.path) == filepath.Clean(source):
			return console.Misuse(cmd, "%s cannot be written over what it is made from", t.path)
		}
		none = false
	}
	if none {
		return console.Misuse(cmd, "say what to write: -o FILE.pxda, -onnx FILE.onnx or -safetensors FILE.safetensors")
	}
	return nil
}

// openForExport reads a bundle, or makes one from the checkpoint that path leads to.
func openForExport(path string) (*export.Bundle, error) {
	if isBundle(path) {
		return export.Open(path)
	}
	file, err := checkpoint.Find(path)
	if err != nil {
		return nil, err
	}
	return export.FromCheckpoint(file)
}

// takeExamples adds examples to a bundle: preferably images that the generator was not trained on.
func takeExamples(b *export.Bundle, spec, data string) error {
	splits, err := b.OpenSource(spec, data)
	if err != nil {
		if spec == "" {
			err = fmt.Errorf("the bundle's examples: %w; or give others: -example IMAGES", err)
		}
		return err
	}
	for _, set := range []*datasets.Set{splits.Test, splits.Valid} {
		if set.Len() > 0 {
			return b.SetExamples(set)
		}
	}
	return b.SetExamples(splits.Train)
}

func (e exported) print(c *console.Console, parameters int) {
	c.Printf("The generator of %s → %s after %d iterations: %d×%d, %d parameters\n\n",
		e.Trained.Source, e.Trained.Target, e.Trained.Step, e.Generator.Size, e.Generator.Size, parameters)
	tab := console.Table{Align: "lrl"}
	for _, f := range e.Files {
		tab.Add(f.Path, fmt.Sprintf("%.0f KB", float64(f.Bytes)/1e3), f.Format)
	}
	tab.Print(c, "  ")
}
