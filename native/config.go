package native

import (
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"pixelda-wgpu/native/internal/console"
	"pixelda-wgpu/trainer"
)

// configFlags choose a configuration: a preset, changed by a file, changed by
// single settings.
type configFlags struct {
	preset, file string
	set          []string
}

func (f *configFlags) add(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.preset, "preset", "", "start from `PRESET`: "+presetList()+";\notherwise small on a software adapter, else "+trainer.Presets()[0])
	cmd.Flags().StringVar(&f.file, "config", "", "read settings from `FILE`, such as the config.json of a run")
	cmd.Flags().StringArrayVar(&f.set, "set", nil, "change one setting, `NAME=VALUE`; may be repeated")
	complete := func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		return trainer.Presets(), cobra.ShellCompDirectiveNoFileComp
	}
	// The only error is a flag that does not exist.
	_ = cmd.RegisterFlagCompletionFunc("preset", complete)
}

// presetList lists the presets for the help, as many a line as fit.
func presetList() string {
	text, width := "", 0
	for i, name := range trainer.Presets() {
		switch {
		case i == 0:
		case width > 24:
			text, width = text+",\n", 0
		default:
			text += ", "
		}
		text, width = text+name, width+len(name)
	}
	return text
}

// read returns the configuration for an adapter of that kind.
func (f *configFlags) read(cmd *cobra.Command, software bool) (trainer.Config, error) {
	preset := f.preset
	switch {
	case preset == "" && software:
		preset = "small"
	case preset == "":
		preset = trainer.Presets()[0]
	}
	c, err := trainer.Preset(preset)
	if err != nil {
		return c, console.Misuse(cmd, "%v", err)
	}
	if f.file != "" {
		text, err := os.ReadFile(f.file)
		if err != nil {
			return c, err
		}
		if c, err = trainer.ParseConfig(text, c); err != nil {
			return c, fmt.Errorf("%s: %w", f.file, err)
		}
	}
	for _, s := range f.set {
		name, value, ok := strings.Cut(s, "=")
		if !ok {
			return c, console.Misuse(cmd, "-set %s: give NAME=VALUE", s)
		}
		if c, err = trainer.SetField(c, name, value); err != nil {
			return c, console.Misuse(cmd, "-set %s: %v", s, err)
		}
	}
	return c, c.Validate()
}
