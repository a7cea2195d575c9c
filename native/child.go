package native

import (
	"io"
	"slices"

	"github.com/spf13/pflag"

	"pixelda-wgpu/native/internal/console"
)

// ownChildren is the annotation of a command that has a flag -adapter but uses no device itself: it
// supervises children of its own.
const ownChildren = "own-children"

// onDevice returns the arguments for a supervised child if the command line is that of a command
// with a device: the line itself without a run folder, and what resumes the run once there is one.
// Other command lines need no child.
func onDevice(args []string) (forFolder func(folder string) []string, ok bool) {
	root := newRoot(console.New(io.Discard, io.Discard))
	cmd, rest, err := root.Find(console.DoubleDashes(args))
	switch {
	case err != nil, cmd.DisableFlagParsing, cmd.Flags().Lookup("adapter") == nil, cmd.ParseFlags(rest) != nil,
		cmd.Annotations[ownChildren] != "":
		return nil, false
	}
	return func(folder string) []string {
		if folder == "" {
			return args
		}
		resume := []string{cmd.Name(), "-resume", folder}
		cmd.Flags().Visit(func(f *pflag.Flag) {
			switch {
			case !slices.Contains([]string{"adapter", "data", "iterations", "json", "tune"}, f.Name):
			case f.Value.Type() == "bool":
				resume = append(resume, "-"+f.Name+"="+f.Value.String())
			default:
				resume = append(resume, "-"+f.Name, f.Value.String())
			}
		})
		return resume
	}, true
}
