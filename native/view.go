package native

import (
	"github.com/spf13/cobra"

	"pixelda-wgpu/native/internal/console"
)

// viewing is the command view.
type viewing struct {
	console       *console.Console
	adapter, data string
}

// newView is the command view. Whether this program has a window is decided when it is built:
// prepare and open are in view_window.go or view_handover.go.
func newView(c *console.Console) *cobra.Command {
	v := viewing{console: c}
	cmd := &cobra.Command{
		Use:   "view [FLAGS] RUN|CHECKPOINT",
		Short: "show what the generator makes, in a window",
		Long: `Opens a window that shows source images, what the generator makes of them, and
the target images most similar to the result. While a run is training, each new
checkpoint is shown as it appears. Click a sample to enlarge it: then you can
vary its noise, and see its nearest neighbours and what the classifier takes it
for. H lists the keys, P saves a picture.`,
		Example: `pixelda-wgpu view runs/0001-pixelda
pixelda-wgpu view runs/0001-pixelda/checkpoints/step-00001000.safetensors`,
		Args: console.OneArgument("a run folder or a checkpoint"),
		RunE: func(cmd *cobra.Command, args []string) error { return v.open(args[0]) },
	}
	adapterFlag(cmd, &v.adapter)
	cmd.Flags().StringVar(&v.data, "data", "", "look for downloaded data sets in `FOLDER` instead of the run's")
	v.prepare(cmd)
	return cmd
}
