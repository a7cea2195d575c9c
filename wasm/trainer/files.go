//go:build js

package main

import (
	"bytes"
	"fmt"

	"pixelda-wgpu/gpu"
	"pixelda-wgpu/model/graph"
	"pixelda-wgpu/trainer/checkpoint"
	"pixelda-wgpu/trainer/export"
	"pixelda-wgpu/trainer/verify"
)

// metrics gives the page all records: metrics.jsonl.
func (w *worker) metrics(r *request) error {
	var b bytes.Buffer
	for _, rec := range w.run.history {
		b.Write(rec.line)
		b.WriteByte('\n')
	}
	reply(r, message{"name": "metrics.jsonl", "bytes": bytesOf(b.Bytes())})
	return nil
}

// export gives the page the generator in a form for elsewhere.
func (w *worker) export(r *request) error {
	var ask struct {
		Format string `json:"format"`
		Half   bool   `json:"half"`
	}
	if err := r.decode(&ask); err != nil {
		return err
	}
	b, err := w.checkpoint()
	if err != nil {
		return err
	}
	f, st, err := checkpoint.Read(bytes.NewReader(b), int64(len(b)), "the run")
	if err != nil {
		return err
	}
	bundle, err := export.FromFile(f, st, "the run")
	if err == nil {
		err = bundle.SetExamples(w.run.images[0].Test)
	}
	if err != nil {
		return as("state", err)
	}
	var out bytes.Buffer
	name := "generator" + export.Extension
	switch ask.Format {
	case "bundle":
		err = bundle.Write(&out, ask.Half)
	case "onnx":
		name, err = "generator.onnx", bundle.WriteONNX(&out)
	case "safetensors":
		name, err = "generator.safetensors", bundle.WriteWeights(&out, ask.Half)
	default:
		err = refuse(fmt.Sprintf("there is no format %q", ask.Format), "Ask for bundle, onnx or safetensors.")
	}
	if err != nil {
		return err
	}
	reply(r, message{"name": name, "bytes": bytesOf(out.Bytes())})
	return nil
}

// traces lie beside the page, the simplest first.
var traces = []string{"grey-to-rgb-16", "clipped-16", "odd-20", "wide-16", "linemod-masked", "doubling-26"}

// selfTest is a reference trace and the kernels that replay it.
type selfTest struct {
	trace, title string
	kernels      graph.FirstPlan
}

// selfTests are those of the self-test: all traces, or the simplest alone on a software
// adapter, which takes minutes to compile the programs of the others; and the simplest
// by subgroup operations too, which tuning may choose.
func (w *worker) selfTests() []selfTest {
	info := w.device.Info()
	usual := graph.Verifying(info)
	var all []selfTest
	for _, name := range traces {
		all = append(all, selfTest{name, name, usual})
		if info.Software() {
			break
		}
	}
	if info.Has(gpu.Subgroups) {
		usual.Subgroups = true
		all = append(all, selfTest{traces[0], traces[0] + " by subgroup operations", usual})
	}
	return all
}

// verify replays reference traces on the device.
func (w *worker) verify(r *request) error {
	all, tests := true, w.selfTests()
	var results []message
	for i, test := range tests {
		progress("verifying", test.title, i, len(tests))
		url := "traces/" + test.trace + ".safetensors"
		b, err := fetch(url)
		if err != nil {
			return err
		}
		t, err := verify.ReadTrace(bytes.NewReader(b), int64(len(b)), url)
		if err != nil {
			return err
		}
		checks, err := verify.Replay(w.device, t, test.kernels)
		if err != nil {
			return err
		}
		ok := true
		for k, c := range checks {
			ok = ok && c.OK()
			if !(c.Error <= 1e300) { // NaN has no form in JSON
				checks[k].Error = 1e300
			}
		}
		all = all && ok
		results = append(results, message{"name": test.title, "ok": ok, "checks": checks})
	}
	progress("verifying", "", len(tests), len(tests))
	reply(r, message{"ok": all, "traces": results})
	return nil
}
