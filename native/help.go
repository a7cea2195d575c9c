package native

import (
	"strings"

	"github.com/spf13/cobra"

	"pixelda-wgpu/native/internal/console"
)

// newHelp is the hidden command help: 'help VERB' is 'VERB -h'.
func newHelp(c *console.Console) *cobra.Command {
	return &cobra.Command{
		Use:    "help [COMMAND]",
		Long:   "Says what a command does.",
		Hidden: true,
		RunE: func(cmd *cobra.Command, args []string) error {
			found, rest, err := cmd.Root().Find(args)
			if err != nil || len(rest) > 0 {
				return console.Misuse(cmd.Root(), "there is no command %q", strings.Join(args, " "))
			}
			c.Help(found)
			return nil
		},
	}
}
