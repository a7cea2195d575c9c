package native

import (
	"bytes"
	"fmt"
	"math"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"pixelda-wgpu/gpu"
	"pixelda-wgpu/model/graph"
	"pixelda-wgpu/native/internal/console"
	"pixelda-wgpu/testdata/traces"
	"pixelda-wgpu/trainer/recipe"
	"pixelda-wgpu/trainer/verify"
)

// newVerify is the command verify.
func newVerify(c *console.Console) *cobra.Command {
	v := verifier{console: c}
	cmd := &cobra.Command{
		Use:   "verify [FLAGS] [FILE...]",
		Short: "check that the GPU computes what PyTorch does",
		Long: `Replays training steps that PyTorch recorded in float64, compares losses,
gradients, parameters, statistics and images with the recorded ones, and prints
each error beside what is tolerated: ten times the error of plain float32
PyTorch, plus a floor for rounding. Without a FILE it replays the trace that is
built in. The exit status is 1 if anything is off: then the driver is not to be
trusted.`,
		Example: `pixelda-wgpu verify
pixelda-wgpu verify -plans all                    every variant of every kernel
pixelda-wgpu verify testdata/traces/*.safetensors
pixelda-wgpu verify -json | jq .pass`,
		Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, files []string) error {
			if v.plans != "usual" && v.plans != "all" {
				return console.Misuse(cmd, "flag -plans: %q is neither usual nor all", v.plans)
			}
			return v.run(files)
		},
	}
	adapterFlag(cmd, &v.adapter)
	cmd.Flags().StringVar(&v.plans, "plans", "usual",
		"test these `KERNELS`: usual, the most accurate for this kind of adapter, or all,\n"+
			"which takes minutes on a software adapter (default: usual)")
	jsonFlag(cmd, &v.json)
	return cmd
}

// verifier checks one adapter with some traces.
type verifier struct {
	console        *console.Console
	adapter, plans string
	json           bool
	device         *gpu.Device
}

// verdict is what verify says of all traces.
type verdict struct {
	Pass    bool            `json:"pass"`
	Adapter gpu.AdapterInfo `json:"adapter"`
	Traces  []traceVerdict  `json:"traces"`
}

// traceVerdict is the outcome of one trace with one choice of kernels.
type traceVerdict struct {
	File    string        `json:"file"`
	Method  recipe.Method `json:"method"`
	Config  recipe.Model  `json:"config"`
	Plans   string        `json:"plans"` // the choice: "usual", or "1 of 9"
	Pass    bool          `json:"pass"`
	Seconds float64       `json:"seconds"`
	Checks  []check       `json:"checks"`
	steps   int
}

// check is a verify.Check with its outcome. An error that is not finite is null in JSON.
type check struct {
	Name      string   `json:"name"`
	Error     *float64 `json:"error"`
	Tolerance float64  `json:"tolerance"`
	Pass      bool     `json:"pass"`
}

// run replays all files, and reports those that cannot be read when it reaches them.
func (v *verifier) run(files []string) (err error) {
	if v.device, err = openDevice(v.console, v.adapter); err != nil {
		return err
	}
	defer v.device.Close()
	result := verdict{Pass: true, Adapter: v.device.Info(), Traces: []traceVerdict{}}
	if len(files) == 0 {
		files = []string{""}
	}
	wrong := false
	for _, file := range files {
		err := v.file(file, func(t traceVerdict) {
			wrong = wrong || !t.Pass
			result.Traces = append(result.Traces, t)
			if !v.json {
				if len(result.Traces) == 1 {
					v.console.Printf("On %s, %s\n", result.Adapter.Name, result.Adapter.Driver)
				}
				v.print(t)
			}
		})
		if err != nil {
			v.console.Fail(err)
			result.Pass = false
		}
	}
	result.Pass = result.Pass && !wrong
	switch {
	case v.json:
		err = v.console.JSON(result)
	case wrong:
		v.console.Printf("\nThis adapter does not compute what it should. Update its driver, " +
			"or use another one (-adapter).\n")
	}
	if err == nil && !result.Pass {
		err = console.ErrReported
	}
	return err
}

// file replays one trace, the built-in one if path is empty, once for each choice of kernels.
func (v *verifier) file(path string, found func(traceVerdict)) error {
	t, err := openTrace(&path)
	if err != nil {
		return err
	}
	defer t.Close()
	replay := func(plans string, choose graph.Chooser) error {
		began := time.Now()
		checks, err := verify.Replay(v.device, t, choose)
		if err != nil {
			return err
		}
		r := traceVerdict{File: path, Method: t.Method, Config: t.Config, Plans: plans, Pass: true,
			Seconds: time.Since(began).Seconds(), steps: t.Steps}
		for _, k := range checks {
			o := check{Name: k.Name, Tolerance: k.Tolerance, Pass: k.OK()}
			if !math.IsNaN(k.Error) && !math.IsInf(k.Error, 0) {
				o.Error = &k.Error
			}
			r.Pass = r.Pass && o.Pass
			r.Checks = append(r.Checks, o)
		}
		found(r)
		return nil
	}
	if v.plans == "usual" {
		return replay(v.plans, graph.Verifying(v.device.Info()))
	}
	turns := &graph.Turns{}
	if err := t.CountPlans(turns); err != nil {
		return err
	}
	for ; turns.Turn < turns.Count; turns.Turn++ {
		if err := replay(fmt.Sprintf("%d of %d", turns.Turn+1, turns.Count), turns); err != nil {
			return fmt.Errorf("%s: plans %d of %d: %w", path, turns.Turn+1, turns.Count, err)
		}
	}
	return nil
}

// openTrace opens the file at path. If path is empty it opens the built-in trace, and sets path to
// its name.
func openTrace(path *string) (*verify.Trace, error) {
	if *path != "" {
		return verify.OpenTrace(*path)
	}
	*path = traces.GreyToRGBName + " (built in)"
	return verify.ReadTrace(bytes.NewReader(traces.GreyToRGB), int64(len(traces.GreyToRGB)), *path)
}

// print writes one line per trace; for the usual kernels, and after a failure, it writes a table
// above it.
func (v *verifier) print(t traceVerdict) {
	outcome := v.console.Green("PASS")
	if !t.Pass {
		outcome = v.console.Red("FAIL")
	}
	name := filepath.Base(t.File)
	if t.Plans != "usual" {
		name += ", plans " + t.Plans
	}
	if t.Plans == "usual" || !t.Pass {
		c := t.Config
		networks := string(t.Method)
		if t.Method == recipe.PixelDA {
			networks = fmt.Sprintf("%s of %d", console.Count(c.GBlocks, "block"), c.GFilters)
		}
		v.console.Printf("\n%s: %s, batch %d, %d×%d, %d to %d channels, %s\n",
			t.File, console.Count(t.steps, "step"), c.Batch, c.Size, c.Size, c.SourceChannels, c.TargetChannels,
			networks)
		tab := console.Table{Align: "lrrrl"}
		tab.Head(v.console, "Check", "error", "tolerated", "share")
		for _, k := range t.Checks {
			mark, size, share := "", "not finite", ""
			if k.Error != nil {
				size, share = fmt.Sprintf("%.1e", *k.Error), console.Percent(*k.Error/k.Tolerance)
			}
			if !k.Pass {
				mark = v.console.Red("off")
			}
			tab.Add(k.Name, size, fmt.Sprintf("%.1e", k.Tolerance), share, mark)
		}
		tab.Print(v.console, "  ")
	}
	v.console.Printf("%s  %s, %.1f s\n", outcome, name, t.Seconds)
}
