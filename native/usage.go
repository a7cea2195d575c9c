package native

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// usageError is a mistake in the command line.
type usageError struct{ msg string }

func (e *usageError) Error() string { return e.msg }

// misuse reports a mistake in the use of a command, and where its help is.
func misuse(cmd *cobra.Command, format string, args ...any) error {
	path, msg := cmd.CommandPath(), plain(fmt.Sprintf(format, args...))
	if _, sub, ok := strings.Cut(path, " "); ok {
		msg = sub + ": " + msg
	}
	return &usageError{fmt.Sprintf("%s (see: %s -h)", msg, path)}
}

// flagError words the errors of the flag parser for people.
func flagError(cmd *cobra.Command, err error) error {
	var unknown *pflag.NotExistError
	var missing *pflag.ValueRequiredError
	var invalid *pflag.InvalidValueError
	switch {
	case errors.As(err, &unknown):
		return misuse(cmd, "there is no flag -%s", unknown.GetSpecifiedName())
	case errors.As(err, &missing):
		return misuse(cmd, "flag -%s wants a value", missing.GetFlag().Name)
	case errors.As(err, &invalid):
		return misuse(cmd, "flag -%s: %q is no %s", invalid.GetFlag().Name, invalid.GetValue(), kindOf(invalid.GetFlag()))
	}
	return misuse(cmd, "%v", err)
}

func kindOf(f *pflag.Flag) string {
	switch t := f.Value.Type(); t {
	case "int":
		return "whole number"
	case "uint", "uint64":
		return "whole number of 0 or more"
	case "float64":
		return "number"
	case "bool":
		return "true or false"
	default:
		return t
	}
}

// noArguments is for commands that have flags only.
func noArguments(cmd *cobra.Command, args []string) error {
	if len(args) > 0 {
		return misuse(cmd, "takes no arguments, only flags: what is %q?", args[0])
	}
	return nil
}

// arguments wants from one to most of them, named what; most < 0 is any number.
func arguments(most int, what string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		switch {
		case len(args) == 0:
			return misuse(cmd, "give %s", what)
		case most >= 0 && len(args) > most:
			return misuse(cmd, "give %s; %q is too much", what, args[most])
		}
		return nil
	}
}

// subcommand is the RunE of a command that only holds others.
func subcommand(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return cmd.Help()
	}
	return misuse(cmd, "there is no command %q%s", args[0], suggestion(cmd, args[0]))
}

// unknownCommand finds a first word that is no command, before its flags are
// looked at, which would be unknown too.
func unknownCommand(root *cobra.Command, args []string) error {
	if len(args) > 0 && strings.HasPrefix(args[0], cobra.ShellCompRequestCmd) {
		return nil
	}
	root.InitDefaultHelpCmd()
	if _, rest, err := root.Find(args); err != nil && len(rest) > 0 {
		return misuse(root, "there is no command %q%s", rest[0], suggestion(root, rest[0]))
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

// doubleDashes lets flags be written with one dash, as Go programs have them:
// -adapter becomes --adapter. Single letters and negative numbers stay.
func doubleDashes(args []string) []string {
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

// completing prepares a command line for the parser. Of a shell's request for
// completions it says so, and whether the word to complete begins with a single
// dash, since the shell expects answers of that form.
func completing(args []string) (parsed []string, complete, single bool) {
	parsed = doubleDashes(args)
	if len(args) < 2 || !strings.HasPrefix(args[0], cobra.ShellCompRequestCmd) {
		return parsed, false, false
	}
	last := args[len(args)-1]
	single = strings.HasPrefix(last, "-") && !strings.HasPrefix(last, "--")
	if single {
		parsed[len(parsed)-1] = "-" + last
	}
	return parsed, true, single
}

// completions passes on what cobra answers to a shell, with the flags spelled as
// they were begun and without the marks in their descriptions.
type completions struct {
	w      io.Writer
	single bool
}

func (c *completions) Write(p []byte) (int, error) {
	out := bytes.ReplaceAll(p, []byte("`"), nil)
	if c.single {
		out = bytes.TrimPrefix(bytes.ReplaceAll(out, []byte("\n--"), []byte("\n-")), []byte("-"))
	}
	_, err := c.w.Write(out)
	return len(p), err
}
