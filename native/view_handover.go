//go:build !view

package native

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"

	"github.com/spf13/cobra"

	"pixelda-wgpu/native/internal/console"
	"pixelda-wgpu/native/internal/supervise"
)

// windowProgram is this program built with a window. On a machine without a display a program that
// links a window library ends at once, whatever it was asked to do. So this program has no window,
// and hands over to that one.
const windowProgram = "pixelda-wgpu-view"

// prepare leaves the flags for the other program to read.
func (v *viewing) prepare(cmd *cobra.Command) {
	cmd.DisableFlagParsing = true
	cmd.Args = nil
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if slices.Contains(args, "--help") || slices.Contains(args, "-h") || len(args) == 0 {
			return cmd.Help()
		}
		return v.handOver(args)
	}
}

func (v *viewing) open(path string) error { return v.handOver([]string{path}) }

// handOver runs the window's program.
func (v *viewing) handOver(args []string) error {
	program, err := findWindowProgram()
	if err != nil {
		return err
	}
	if runtime.GOOS == "linux" && os.Getenv("DISPLAY") == "" {
		return errors.New("there is no display here (DISPLAY is not set); run it on a desktop, or look at the run's " +
			"samples folder")
	}
	cmd := exec.Command(program, append([]string{"view"}, args...)...)
	cmd.Stdin, cmd.Stdout = os.Stdin, v.console.Out
	why, err := supervise.Foreign(cmd, v.console.Err)
	if _, exited := errors.AsType[*exec.ExitError](err); !exited {
		return err
	}
	if why != "" {
		return fmt.Errorf("no window can open here: %s", why)
	}
	return console.ErrReported
}

// findWindowProgram looks beside this program, then on the PATH.
func findWindowProgram() (string, error) {
	name := windowProgram
	if runtime.GOOS == "windows" {
		name += ".exe"
	}
	if self, err := os.Executable(); err == nil {
		beside := filepath.Join(filepath.Dir(self), name)
		if _, err := os.Stat(beside); err == nil {
			return beside, nil
		}
	}
	if path, err := exec.LookPath(name); err == nil {
		return path, nil
	}
	return "", fmt.Errorf("this program has no window, so that it runs without a display; 'make view' builds %s, "+
		"which belongs beside it", name)
}
