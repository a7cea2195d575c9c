package native

import (
	"errors"
	"os"

	"github.com/spf13/cobra"

	"pixelda-wgpu/native/internal/console"
	"pixelda-wgpu/trainer/recipe"
)

// configFlags choose a configuration: a preset, changed by a file, then by single settings.
type configFlags struct {
	preset, file string
	set          []string
}

func (f *configFlags) add(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.preset, "preset", "",
		"start from `PRESET`: "+presetList()+";\ndefault: small on a software adapter, else "+recipe.Presets()[0])
	cmd.Flags().StringVar(&f.file, "config", "", "read settings from `FILE`, such as the config.json of a run")
	cmd.Flags().StringArrayVar(&f.set, "set", nil, "change one setting, `NAME=VALUE`; may be repeated")
	complete := func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		return recipe.Presets(), cobra.ShellCompDirectiveNoFileComp
	}
	// It fails only for a flag that does not exist.
	_ = cmd.RegisterFlagCompletionFunc("preset", complete)
}

// presetList lists the presets for the help, as many per line as fit.
func presetList() string {
	text, width := "", 0
	for i, name := range recipe.Presets() {
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

// read returns the configuration for that kind of adapter.
func (f *configFlags) read(cmd *cobra.Command, software bool) (recipe.Config, error) {
	return configure(cmd, recipe.Request{Preset: f.preset, Software: software, Set: f.set}, f.file)
}

// configure makes the configuration that the command line asks for, including a file's unless its
// name is empty.
func configure(cmd *cobra.Command, r recipe.Request, file string) (recipe.Config, error) {
	if file != "" {
		text, err := os.ReadFile(file)
		if err != nil {
			return recipe.Config{}, err
		}
		r.File, r.Name = text, file
	}
	c, err := r.Config()
	if usage := (*recipe.UsageError)(nil); errors.As(err, &usage) {
		return c, console.Misuse(cmd, "%v", err)
	}
	return c, err
}
