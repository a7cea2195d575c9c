package native

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// printHelp writes what a command does, its commands, flags and examples.
func printHelp(c *console, cmd *cobra.Command) {
	c.printf("%s\n\n%s %s\n", cmd.Long, c.bold("Usage:"), usageLine(cmd))
	if cmd.HasParent() {
		printCommands(c, "Commands", cmd.Commands())
	}
	for _, g := range cmd.Groups() {
		var members []*cobra.Command
		for _, sub := range cmd.Commands() {
			if sub.GroupID == g.ID {
				members = append(members, sub)
			}
		}
		printCommands(c, g.Title, members)
	}
	cmd.Flags().SortFlags = false // in the order in which they were defined
	if flags := flagLines(cmd.LocalFlags()); len(flags) > 0 && cmd.HasParent() {
		c.printf("\n%s\n%s\n", c.bold("Flags"), strings.Join(flags, "\n"))
	}
	if cmd.HasExample() {
		c.printf("\n%s\n  %s\n", c.bold("Examples"), strings.ReplaceAll(cmd.Example, "\n", "\n  "))
	}
	if !cmd.HasParent() {
		c.printf(`
'pixelda-wgpu COMMAND -h' tells more. Flags may begin with one dash or two.
NO_COLOR=1 turns colours off. Exit status: 0 done, 1 error, 2 wrong usage.
`)
	}
}

func usageLine(cmd *cobra.Command) string {
	switch line := cmd.CommandPath() + strings.TrimPrefix(cmd.Use, cmd.Name()); {
	case !cmd.HasParent():
		return line + " COMMAND [FLAGS]"
	case cmd.HasAvailableSubCommands():
		return line + " COMMAND"
	default:
		return line
	}
}

func printCommands(c *console, title string, commands []*cobra.Command) {
	var t table
	for _, sub := range commands {
		if sub.IsAvailableCommand() {
			t.add(fmt.Sprintf("%-10s", sub.Name()), sub.Short)
		}
	}
	if len(t.rows) > 0 {
		c.printf("\n%s\n", c.bold(title))
		t.print(c, "  ")
	}
}

// flagLines lists flags with one dash. A default worth telling is in the usage.
func flagLines(flags *pflag.FlagSet) []string {
	var t table
	flags.VisitAll(func(f *pflag.Flag) {
		if f.Hidden || f.Name == "help" {
			return
		}
		value, usage := pflag.UnquoteUsage(f)
		name := "-" + f.Name
		if f.Shorthand != "" {
			name = "-" + f.Shorthand + ", " + name
		}
		if value != "" {
			name += " " + value
		}
		lines := strings.Split(usage, "\n")
		t.add(name, lines[0])
		for _, more := range lines[1:] {
			t.add("", more)
		}
	})
	return t.lines("  ")
}

func newHelp(c *console) *cobra.Command {
	return &cobra.Command{
		Use:    "help [COMMAND]",
		Long:   "Tells what a command does.",
		Hidden: true,
		RunE: func(cmd *cobra.Command, args []string) error {
			found, rest, err := cmd.Root().Find(args)
			if err != nil || len(rest) > 0 {
				return misuse(cmd.Root(), "there is no command %q", strings.Join(args, " "))
			}
			printHelp(c, found)
			return nil
		},
	}
}

func newCompletion(c *console) *cobra.Command {
	return &cobra.Command{
		Use:   "completion bash|zsh|fish|powershell",
		Short: "print a script for the shell that completes commands and flags",
		Long:  "Prints a script that teaches a shell to complete commands, flags and names.",
		Example: `source <(pixelda-wgpu completion bash)                        for this shell
pixelda-wgpu completion bash >~/.local/share/bash-completion/completions/pixelda-wgpu
pixelda-wgpu completion zsh >"${fpath[1]}/_pixelda-wgpu"
pixelda-wgpu completion fish >~/.config/fish/completions/pixelda-wgpu.fish`,
		Args:      arguments(1, "the name of one shell"),
		ValidArgs: []string{"bash", "zsh", "fish", "powershell"},
		RunE: func(cmd *cobra.Command, args []string) error {
			root := cmd.Root()
			switch args[0] {
			case "bash":
				return root.GenBashCompletionV2(c.out, true)
			case "zsh":
				return root.GenZshCompletion(c.out)
			case "fish":
				return root.GenFishCompletion(c.out, true)
			case "powershell":
				return root.GenPowerShellCompletionWithDesc(c.out)
			}
			return misuse(cmd, "%q is none of bash, zsh, fish and powershell", args[0])
		},
	}
}
