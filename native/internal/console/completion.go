package console

import (
	"bytes"
	"io"
	"strings"

	"github.com/spf13/cobra"
)

// CommandLine prepares a command line for cobra, which wants two dashes before a flag. Where a
// shell asks for completions, the answers on Out get as many dashes as the word to be completed.
func (c *Console) CommandLine(args []string) []string {
	parsed := DoubleDashes(args)
	if len(args) < 2 || !strings.HasPrefix(args[0], cobra.ShellCompRequestCmd) {
		return parsed
	}
	last := args[len(args)-1]
	single := strings.HasPrefix(last, "-") && !strings.HasPrefix(last, "--")
	if single {
		parsed[len(parsed)-1] = "-" + last
	}
	c.Out = &completions{c.Out, single}
	return parsed
}

// completions passes on cobra's answers to a shell, with flags spelled the way they were begun and
// without the markup in their descriptions.
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
