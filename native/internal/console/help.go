package console

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// Help writes what a command does, its commands, flags and examples.
func (c *Console) Help(cmd *cobra.Command) {
	c.Printf("%s\n\n%s %s\n", cmd.Long, c.Bold("Usage:"), usageLine(cmd))
	if cmd.HasParent() {
		c.commands("Commands", cmd.Commands())
	}
	for _, g := range cmd.Groups() {
		var members []*cobra.Command
		for _, sub := range cmd.Commands() {
			if sub.GroupID == g.ID {
				members = append(members, sub)
			}
		}
		c.commands(g.Title, members)
	}
	cmd.Flags().SortFlags = false // in the order in which they were defined
	if flags := flagLines(cmd.LocalFlags()); len(flags) > 0 && cmd.HasParent() {
		c.Printf("\n%s\n%s\n", c.Bold("Flags"), strings.Join(flags, "\n"))
	}
	if cmd.HasExample() {
		c.Printf("\n%s\n  %s\n", c.Bold("Examples"), strings.ReplaceAll(cmd.Example, "\n", "\n  "))
	}
	if !cmd.HasParent() {
		c.Printf(`
'pixelda-wgpu COMMAND -h' says more. Flags may begin with one dash or two.
NO_COLOR=1 turns colours off. Exit status: 0 done, 1 error, 2 wrong usage.
`)
	}
}

// usageLine shows how a command is used.
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

// commands lists commands with what they do; if there are none it writes nothing.
func (c *Console) commands(title string, commands []*cobra.Command) {
	var t Table
	for _, sub := range commands {
		if sub.IsAvailableCommand() {
			t.Add(fmt.Sprintf("%-10s", sub.Name()), sub.Short)
		}
	}
	if len(t.rows) > 0 {
		c.Printf("\n%s\n", c.Bold(title))
		t.Print(c, "  ")
	}
}

// flagLines lists flags with one dash. Defaults worth knowing are part of the descriptions.
func flagLines(flags *pflag.FlagSet) []string {
	var t Table
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
		t.Add(name, lines[0])
		for _, more := range lines[1:] {
			t.Add("", more)
		}
	})
	return t.Lines("  ")
}
