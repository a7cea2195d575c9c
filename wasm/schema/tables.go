package schema

import (
	"reflect"
	"strconv"

	"pixelda-wgpu/gpu"
	"pixelda-wgpu/trainer"
	"pixelda-wgpu/trainer/bench"
	"pixelda-wgpu/trainer/recipe"
	"pixelda-wgpu/wasm/frame"
	"pixelda-wgpu/wasm/protocol"
)

// messages writes all messages, in both directions, of the worker and of the gallery's frame.
func (w *writer) messages() {
	for _, x := range protocol.Exchanges() {
		kind := protocol.TypeOf(x.Request)
		w.message("ToWorker", kind, x.Request, of("id", reflect.TypeFor[int]()))
		w.object("FromWorker<"+kind+",reply>", []field{
			one("type", protocol.TypeOf(protocol.Reply{})), of("id", reflect.TypeFor[int]()),
			one("to", kind), of("result", x.Result),
		}, false)
	}
	for _, m := range protocol.Events() {
		w.message("FromWorker", protocol.TypeOf(m), m)
	}
	for _, m := range frame.ToFrame() {
		w.message("ToGallery", frame.TypeOf(m), m)
	}
	for _, m := range frame.FromFrame() {
		w.message("FromGallery", frame.TypeOf(m), m)
	}
}

func (w *writer) message(root, kind string, m any, envelope ...field) {
	fields := append(envelope, one("type", kind))
	w.object(root+"<"+kind+">", append(fields, fieldsOf(reflect.TypeOf(m))...), false)
}

// literals are the values of types that have only a few: all constants of the type, as a test
// ensures.
var literals = map[reflect.Type][]string{
	reflect.TypeFor[protocol.SourceKind]():   strs(protocol.Builtin, protocol.Files, protocol.Packed),
	reflect.TypeFor[protocol.ExportFormat](): strs(protocol.Bundle, protocol.ONNX, protocol.Safetensors),
	reflect.TypeFor[protocol.Clock]():        strs(protocol.GPUClock, protocol.WallClock),
	reflect.TypeFor[protocol.Stage](): strs(protocol.Loading, protocol.Data, protocol.Tuning, protocol.Compiling,
		protocol.Baseline, protocol.Evaluating, protocol.Verifying, protocol.Benchmarking, protocol.Training),
	reflect.TypeFor[protocol.ErrorCode](): strs(protocol.NoWebGPU, protocol.NoAdapter, protocol.BeyondLimit,
		protocol.OutOfMemory, protocol.BadShader, protocol.LostDevice, protocol.SecondTab, protocol.BadData,
		protocol.BadConfig, protocol.BadCheckpoint, protocol.BadStorage, protocol.Diverged, protocol.BadState,
		protocol.BadNetwork, protocol.Internal),
	reflect.TypeFor[gpu.AdapterType](): strs(gpu.Discrete, gpu.Integrated, gpu.Other, gpu.CPU),
	reflect.TypeFor[bench.Bound]():     strs(bench.NoBound, bench.ArithmeticBound, bench.MemoryBound),
	reflect.TypeFor[recipe.Method]():   strs(recipe.Methods()...),
}

func strs[S ~string](values ...S) []string {
	all := make([]string, len(values))
	for i, v := range values {
		all[i] = string(v)
	}
	return all
}

// open are the objects of which TypeScript names only the fields that the page uses: settings, the
// rest of which it takes from the list in Ready.
var open = map[reflect.Type]bool{reflect.TypeFor[recipe.Config](): true, reflect.TypeFor[recipe.Model](): true}

// raw returns what writes the values of a field whose Go type does not say what it holds; otherwise
// nil.
func raw(t reflect.Type, name string) func(w *writer, place string) {
	switch {
	case t == reflect.TypeFor[protocol.Configure]() && name == "Changes":
		return changes
	case t == reflect.TypeFor[protocol.Configured]() && name == "History":
		return history
	case t == reflect.TypeFor[trainer.TrainRecord]() && name == "Kind":
		return one(name, "train").value
	case t == reflect.TypeFor[trainer.EvalRecord]() && name == "Kind":
		return one(name, "eval").value
	case t == reflect.TypeFor[bench.Kernel]() && name == "Operations":
		return func(w *writer, place string) { // a sum of kernels lists none
			w.say(place, "null")
			w.value(place, reflect.TypeFor[[]string]())
		}
	case t == reflect.TypeFor[recipe.Setting]() && name == "Kind":
		return func(w *writer, place string) {
			for _, kind := range settingKinds {
				w.say(place, strconv.Quote(kind))
			}
		}
	}
	return nil
}

// settingKinds are the kinds of recipe.Setting.
var settingKinds = []string{"integer", "number", "boolean", "choice", "integers", "names"}

// changes writes a configuration in which any setting may be omitted.
func changes(w *writer, place string) {
	model := partial(fieldsOf(reflect.TypeFor[recipe.Model]()))
	fields := partial(fieldsOf(reflect.TypeFor[recipe.Config]()))
	for i, f := range fields {
		if f.name == "model" {
			fields[i].value = func(w *writer, place string) { w.object(place, model, true) }
		}
	}
	w.object(place, fields, true)
}

func partial(fields []field) []field {
	for i := range fields {
		fields[i].optional = true
	}
	return fields
}

// history writes the records of a run: lines of metrics.jsonl.
func history(w *writer, place string) {
	w.say(place, "array")
	w.object(place+"[]<train>", fieldsOf(reflect.TypeFor[trainer.TrainRecord]()), false)
	w.object(place+"[]<eval>", fieldsOf(reflect.TypeFor[trainer.EvalRecord]()), false)
}
