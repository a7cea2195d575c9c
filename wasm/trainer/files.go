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
	"pixelda-wgpu/wasm/message"
	"pixelda-wgpu/wasm/protocol"
)

// replyFile answers a request with a file for the person to keep.
func replyFile(r *request, ask protocol.Ask[protocol.SavedFile], name string, file []byte) {
	var parts message.Parts
	reply(r, ask, protocol.SavedFile{Name: name, Bytes: parts.AddBytes(file)}, parts...)
}

// metrics answers a request for all records: metrics.jsonl.
func (w *worker) metrics(r *request, ask *protocol.Metrics) error {
	var b bytes.Buffer
	for _, rec := range w.run.history {
		b.Write(rec.line)
		b.WriteByte('\n')
	}
	replyFile(r, ask, "metrics.jsonl", b.Bytes())
	return nil
}

// export answers a request for the generator in a form that other programs can use.
func (w *worker) export(r *request, ask *protocol.Export) error {
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
		return as(protocol.BadState, err)
	}
	var out bytes.Buffer
	name := "generator" + export.Extension
	switch ask.Format {
	case protocol.Bundle:
		err = bundle.Write(&out, ask.Half)
	case protocol.ONNX:
		name, err = "generator.onnx", bundle.WriteONNX(&out)
	case protocol.Safetensors:
		name, err = "generator.safetensors", bundle.WriteWeights(&out, ask.Half)
	default:
		err = refuse(fmt.Sprintf("there is no format %q", ask.Format), "Ask for bundle, onnx or safetensors.")
	}
	if err != nil {
		return err
	}
	replyFile(r, ask, name, out.Bytes())
	return nil
}

// traces lie beside the page, the simplest first.
var traces = []string{"grey-to-rgb-16", "clipped-16", "odd-20", "wide-16", "linemod-masked", "doubling-26"}

// selfTest is a reference trace and the kernels that replay it.
type selfTest struct {
	trace, title string
	kernels      graph.Rule
}

// selfTests are what the self-test replays: all traces or, on a software adapter, only the
// simplest, since compiling the programs of the others there would take minutes. The simplest is
// also replayed with subgroup operations where there are any, since tuning may choose these.
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
		usual.BySubgroups = true
		all = append(all, selfTest{traces[0], traces[0] + " by subgroup operations", usual})
	}
	return all
}

// verify answers a request to replay reference traces on the device.
func (w *worker) verify(r *request, ask *protocol.Verify) error {
	tests := w.selfTests()
	verified := protocol.Verified{OK: true}
	for i, test := range tests {
		progress(protocol.Verifying, test.title, i, len(tests))
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
			if !(c.Error <= 1e300) { // JSON cannot represent NaN
				checks[k].Error = 1e300
			}
		}
		verified.OK = verified.OK && ok
		verified.Traces = append(verified.Traces, protocol.Replay{Name: test.title, OK: ok, Checks: checks})
	}
	progress(protocol.Verifying, "", len(tests), len(tests))
	reply(r, ask, verified)
	return nil
}
