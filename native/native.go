// Package native is what the command pixelda-wgpu does on a machine with an adapter of its own: a
// file for each verb, under a root that parses the command line and says in one line what went
// wrong.
package native

import (
	"fmt"
	"io"
	"os"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"pixelda-wgpu/datasets/mapped"
	"pixelda-wgpu/native/internal/console"
	"pixelda-wgpu/native/internal/supervise"
)

// Main executes the command line of this process and returns its exit status. A command that uses a
// device is executed by a child process, since losing a device ends the process that has it.
func Main() int {
	args := os.Args[1:]
	if supervise.Child() {
		return run(args, os.Stdout, supervise.Become())
	}
	if forFolder, ok := onDevice(args); ok {
		status, err := supervise.New(os.Stdout, os.Stderr).Run(forFolder)
		if err != nil {
			return console.New(os.Stdout, os.Stderr).End(err)
		}
		return status
	}
	return run(args, os.Stdout, os.Stderr)
}

// run executes a command line, without the program's name, and returns the exit
// status.
func run(args []string, stdout, stderr io.Writer) (status int) {
	c := console.New(stdout, stderr)
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true)) // for images in mapped files
	defer func() {
		if r := recover(); r != nil {
			err := mapped.Fault(r)
			if err == nil {
				err = console.Panicked(r)
			}
			status = c.End(err)
		}
	}()
	args = c.CommandLine(args)
	root := newRoot(c)
	root.SetArgs(args)
	root.SetOut(c.Out)
	root.SetErr(c.Err)
	err := console.UnknownCommand(root, args)
	if err == nil {
		err = root.Execute()
	}
	return c.End(err)
}

// guarded does a goroutine's work on images. A fault in the file that they are mapped from becomes
// its error.
func guarded(work func() error) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if r := recover(); r != nil {
			if err = mapped.Fault(r); err == nil {
				panic(r)
			}
		}
	}()
	return work()
}

// The groups of commands, in the order of the help.
var groups = []*cobra.Group{
	{ID: "train", Title: "Train and use"},
	{ID: "data", Title: "Data"},
	{ID: "machine", Title: "This machine"},
	{ID: "other", Title: "Other"},
}

// newRoot is the command that contains all others.
func newRoot(c *console.Console) *cobra.Command {
	root := &cobra.Command{
		Use: "pixelda-wgpu",
		Long: `Trains PixelDA on any GPU through WebGPU. From labelled source images and
unlabelled target images it learns to redraw the source so that it looks like
the target, and on the redrawn images it trains a classifier that works on the
target.`,
		Example: `pixelda-wgpu train                       adapt to built-in digits; needs no data
pixelda-wgpu info                        which GPUs are here, and which is used
pixelda-wgpu verify                      does it compute what PyTorch does?
pixelda-wgpu datasets download mnist-m   fetch MNIST and what turns it into MNIST-M
pixelda-wgpu bench -preset small         time a training step`,
		Version:       version(),
		SilenceErrors: true,
		SilenceUsage:  true,
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.CompletionOptions.DisableDefaultCmd = true
	root.SetVersionTemplate("{{.Version}}\n")
	root.SetHelpFunc(func(cmd *cobra.Command, _ []string) { c.Help(cmd) })
	root.SetHelpCommand(newHelp(c))
	root.SetFlagErrorFunc(console.FlagError)
	root.AddGroup(groups...)
	add := func(group string, commands ...*cobra.Command) {
		for _, cmd := range commands {
			cmd.GroupID = group
			root.AddCommand(cmd)
		}
	}
	add("train", newTrain(c), newEval(c), newAdapt(c), newView(c), newExport(c), newServe(c), newReproduce(c))
	add("data", newDatasets(c))
	add("machine", newInfo(c), newVerify(c), newBench(c))
	add("other", newCompletion(c))
	return root
}

// version names the build, for bug reports.
func version() string {
	v, wgpu := "development version", ""
	if b, ok := debug.ReadBuildInfo(); ok {
		if b.Main.Version != "" && b.Main.Version != "(devel)" {
			v = b.Main.Version
		}
		if i := slices.IndexFunc(b.Deps, func(m *debug.Module) bool {
			return strings.HasSuffix(m.Path, "/wgpu")
		}); i >= 0 {
			wgpu = ", wgpu " + b.Deps[i].Version
		}
	}
	return fmt.Sprintf("pixelda-wgpu %s (%s, %s/%s%s)", v, runtime.Version(), runtime.GOOS, runtime.GOARCH, wgpu)
}
