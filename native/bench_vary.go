package native

import (
	"errors"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"pixelda-wgpu/gpu"
	"pixelda-wgpu/native/internal/benchreport"
	"pixelda-wgpu/native/internal/console"
	"pixelda-wgpu/trainer/bench"
	"pixelda-wgpu/trainer/recipe"
)

// parseVary splits NAME=VALUE,VALUE,… The name must be that of a number of the model.
func parseVary(cmd *cobra.Command, text string) (name string, values []string, err error) {
	name, list, ok := strings.Cut(text, "=")
	if !ok || name == "" || list == "" {
		return "", nil, console.Misuse(cmd, "-vary %s: give NAME=VALUE,VALUE,…", text)
	}
	for _, s := range recipe.ModelSettings() {
		if s.Name == name && (s.Kind == "integer" || s.Kind == "number") {
			return name, strings.Split(list, ","), nil
		}
	}
	return "", nil, console.Misuse(cmd, "-vary %s: the model has no number %q; batch, size, g_filters, g_blocks and "+
		"d_filters change its cost", text, name)
}

// variants returns the configuration with each of the values. All must be valid before the first is
// measured.
func variants(cmd *cobra.Command, c recipe.Config, name string, values []string) ([]bench.Variant, error) {
	var all []bench.Variant
	for _, text := range values {
		changed, err := recipe.SetField(c, name, text)
		value, bad := strconv.ParseFloat(text, 64) // fails for null, which SetField accepts and ignores
		if err = errors.Join(err, bad); err != nil {
			return nil, console.Misuse(cmd, "-vary %s: %q is no value of it", name, text)
		}
		if err := changed.Validate(); err != nil {
			return nil, err
		}
		all = append(all, bench.Variant{Value: value, Model: changed.Model})
	}
	return all, nil
}

// runSeries measures the values of -vary, and prints each as soon as it is measured.
func (f *benchFlags) runSeries(c *console.Console, cmd *cobra.Command, d *gpu.Device, config recipe.Config,
	o bench.Options) error {
	name, values, err := parseVary(cmd, f.vary)
	if err != nil {
		return err
	}
	all, err := variants(cmd, config, name, values)
	if err != nil {
		return err
	}
	s, err := bench.MeasureSeries(d, name, all, o, func(s *bench.Series) {
		c.Phase("")
		if !f.json {
			benchreport.PrintPoint(c, s)
		}
	})
	c.Phase("")
	if err != nil {
		return err
	}
	if f.json {
		err = c.JSON(s)
	} else {
		benchreport.PrintGrowth(c, s)
	}
	switch {
	case err != nil:
		return err
	case len(benchreport.Measured(s)) == 0:
		return console.ErrReported
	case f.plot == "":
		return nil
	}
	return benchreport.Plot(f.plot, s)
}
