package native

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"pixelda-wgpu/gpu"
	"pixelda-wgpu/model/graph"
	"pixelda-wgpu/model/tune"
	"pixelda-wgpu/native/internal/console"
)

// adapterFlag is the flag that every command with a device has.
func adapterFlag(cmd *cobra.Command, adapter *string) {
	cmd.Flags().StringVar(adapter, "adapter", "",
		"use the adapter with this index or (part of a) `NAME` (default: the best)")
	complete := func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		list, err := gpu.Adapters()
		if err != nil {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		var names []string
		for _, a := range list {
			names = append(names, fmt.Sprintf("%d\t%s", a.Index, a.Name))
		}
		return names, cobra.ShellCompDirectiveNoFileComp
	}
	// It fails only for a flag that does not exist.
	_ = cmd.RegisterFlagCompletionFunc("adapter", complete)
}

// openDevice opens the adapter that -adapter names, and shows on the console how far the
// compilation of shaders is.
func openDevice(c *console.Console, adapter string) (*gpu.Device, error) {
	d, err := gpu.Open(gpu.Options{Adapter: adapter})
	if err != nil {
		return nil, err
	}
	d.OnPipeline = c.Compiling()
	return d, nil
}

// chooser returns how kernels are chosen: on a GPU by timing them, which takes a moment; on a
// software adapter, whose compiler is slow, by rule unless always is set.
func chooser(c *console.Console, d *gpu.Device, always bool) (graph.Chooser, error) {
	if !graph.TargetOf(d.Info()).Tuned && !always {
		return graph.RuleFor(d.Info()), nil
	}
	return openTuner(c, d)
}

// openTuner returns a tuner that keeps its choices in the user's cache, in one file per adapter and
// driver, and says what it times.
func openTuner(c *console.Console, d *gpu.Device) (*tune.Tuner, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return nil, fmt.Errorf("no folder for the timings of kernels: %w", err)
	}
	t, err := tune.New(d, filepath.Join(cache, "pixelda-wgpu", "kernels-"+fileName(d.Info().Key())+".json"))
	if err != nil {
		return nil, err
	}
	t.OnTrial = func(op string) { c.Phase("timing the kernels of " + op) }
	return t, nil
}

// fileName turns a key into a valid file name.
func fileName(key string) string {
	return strings.Map(func(r rune) rune {
		if r == '-' || r == '.' || r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' {
			return r
		}
		return '_'
	}, key)
}
