package console

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// usageError is a mistake in the command line.
type usageError struct{ msg string }

func (e *usageError) Error() string { return e.msg }

// Misuse reports a mistake in the use of a command, and where to find its help.
func Misuse(cmd *cobra.Command, format string, args ...any) error {
	path, msg := cmd.CommandPath(), fmt.Sprintf(format, args...)
	if _, sub, ok := strings.Cut(path, " "); ok {
		msg = sub + ": " + msg
	}
	return &usageError{fmt.Sprintf("%s (see: %s -h)", msg, path)}
}

// FlagError words the flag parser's errors for people.
func FlagError(cmd *cobra.Command, err error) error {
	var unknown *pflag.NotExistError
	var missing *pflag.ValueRequiredError
	var invalid *pflag.InvalidValueError
	switch {
	case errors.As(err, &unknown):
		return Misuse(cmd, "there is no flag -%s", unknown.GetSpecifiedName())
	case errors.As(err, &missing):
		return Misuse(cmd, "flag -%s needs a value", missing.GetFlag().Name)
	case errors.As(err, &invalid):
		return Misuse(cmd, "flag -%s: %q is %s", invalid.GetFlag().Name, invalid.GetValue(), not(invalid.GetFlag()))
	}
	return Misuse(cmd, "%v", err)
}

// not says what a flag's value should have been.
func not(f *pflag.Flag) string {
	switch t := f.Value.Type(); t {
	case "int":
		return "not a whole number"
	case "uint", "uint64":
		return "not a whole number of 0 or more"
	case "float64":
		return "not a number"
	case "bool":
		return "neither true nor false"
	default:
		return "not a " + t
	}
}

// NoArguments is for commands that have flags only.
func NoArguments(cmd *cobra.Command, args []string) error {
	if len(args) > 0 {
		return Misuse(cmd, "takes no arguments, only flags: what is %q?", args[0])
	}
	return nil
}

// Arguments wants from one to most arguments, which what names; most < 0 means any number.
func Arguments(most int, what string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		switch {
		case len(args) == 0:
			return Misuse(cmd, "give %s", what)
		case most >= 0 && len(args) > most:
			return Misuse(cmd, "give %s; %q is one too many", what, args[most])
		}
		return nil
	}
}

// OneArgument is for commands that work on one thing, which what names.
func OneArgument(what string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) != 1 {
			return Misuse(cmd, "give one argument: %s", what)
		}
		return nil
	}
}

// Subcommand is the RunE of a command that only holds others.
func Subcommand(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return cmd.Help()
	}
	return Misuse(cmd, "there is no command %q%s", args[0], suggestion(cmd, args[0]))
}

// UnknownCommand finds a first word that is not a command. It runs before the flags are parsed,
// since those of an unknown command would be unknown too.
func UnknownCommand(root *cobra.Command, args []string) error {
	if len(args) > 0 && strings.HasPrefix(args[0], cobra.ShellCompRequestCmd) {
		return nil
	}
	root.InitDefaultHelpCmd()
	if _, rest, err := root.Find(args); err != nil && len(rest) > 0 {
		return Misuse(root, "there is no command %q%s", rest[0], suggestion(root, rest[0]))
	}
	return nil
}

func suggestion(cmd *cobra.Command, word string) string {
	const near = 2 // letters
	cmd.SuggestionsMinimumDistance = near
	if names := cmd.SuggestionsFor(word); len(names) > 0 {
		return "; did you mean " + strings.Join(names, " or ") + "?"
	}
	return ""
}

// DoubleDashes lets flags be written with one dash, the way Go programs do: -adapter becomes
// --adapter. Single letters and negative numbers stay as they are.
func DoubleDashes(args []string) []string {
	out := make([]string, len(args))
	for i, a := range args {
		if a == "--" {
			copy(out[i:], args[i:])
			break
		}
		out[i] = a
		if name, _, _ := strings.Cut(a, "="); len(name) > 2 && name[0] == '-' && 'a' <= name[1] && name[1] <= 'z' {
			out[i] = "-" + a
		}
	}
	return out
}
