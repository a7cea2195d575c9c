package native

import (
	"github.com/spf13/cobra"

	"pixelda-wgpu/native/internal/console"
)

// newCompletion is the command completion.
func newCompletion(c *console.Console) *cobra.Command {
	return &cobra.Command{
		Use:   "completion bash|zsh|fish|powershell",
		Short: "print a script for the shell that completes commands and flags",
		Long:  "Prints a script that lets a shell complete commands, flags and names.",
		Example: `source <(pixelda-wgpu completion bash)                        for this shell
pixelda-wgpu completion bash >~/.local/share/bash-completion/completions/pixelda-wgpu
pixelda-wgpu completion zsh >"${fpath[1]}/_pixelda-wgpu"
pixelda-wgpu completion fish >~/.config/fish/completions/pixelda-wgpu.fish`,
		Args:      console.Arguments(1, "the name of one shell"),
		ValidArgs: []string{"bash", "zsh", "fish", "powershell"},
		RunE: func(cmd *cobra.Command, args []string) error {
			root := cmd.Root()
			switch args[0] {
			case "bash":
				return root.GenBashCompletionV2(c.Out, true)
			case "zsh":
				return root.GenZshCompletion(c.Out)
			case "fish":
				return root.GenFishCompletion(c.Out, true)
			case "powershell":
				return root.GenPowerShellCompletionWithDesc(c.Out)
			}
			return console.Misuse(cmd, "%q is not one of bash, zsh, fish and powershell", args[0])
		},
	}
}
