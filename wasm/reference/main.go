//go:build !js

// Command reference is the native side of the browser's tests: it makes small packed sets, trains
// natively what the page trains, lowers what only a page can run, and writes the types of messages.
//
//	reference data DIR
//	reference messages
//	reference reductions N,C,H,W ...
//	reference train -config FILE [-data DIR] -until N [-from FILE] [-to FILE]
//
// Training prints its records as metrics.jsonl has them.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"pixelda-wgpu/datasets"
	"pixelda-wgpu/datasets/draw"
	"pixelda-wgpu/datasets/pack"
	"pixelda-wgpu/gpu"
	"pixelda-wgpu/model/graph"
	"pixelda-wgpu/trainer"
	"pixelda-wgpu/trainer/checkpoint"
	"pixelda-wgpu/trainer/engine"
	"pixelda-wgpu/trainer/recipe"
	"pixelda-wgpu/wasm/schema"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "reference:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) == 2 && args[0] == "data" {
		return makeData(args[1])
	}
	if len(args) == 1 && args[0] == "messages" {
		fmt.Println(strings.Join(schema.Describe(), "\n"))
		return nil
	}
	if len(args) > 0 && args[0] == "reductions" {
		return printReductions(args[1:])
	}
	if len(args) == 0 || args[0] != "train" {
		return errors.New("want data DIR, messages, reductions and shapes, or train and its flags")
	}
	var t training
	f := flag.NewFlagSet("train", flag.ContinueOnError)
	f.StringVar(&t.config, "config", "", "the configuration, JSON")
	f.StringVar(&t.data, "data", "", "the folder that data made; otherwise the configuration's own sets")
	f.StringVar(&t.from, "from", "", "a checkpoint to begin from")
	f.StringVar(&t.to, "to", "", "write a checkpoint")
	f.IntVar(&t.until, "until", 0, "iterations")
	if err := f.Parse(args[1:]); err != nil {
		return err
	}
	return t.run()
}

// makeData writes some of the built-in images of both domains.
func makeData(dir string) error {
	for name, draw := range map[string]func(seed uint64, from, n int) *datasets.Set{"source": draw.Digits,
		"target": draw.DigitsM} {
		s := datasets.Splits{Origin: "the built-in digits", Train: draw(1, 0, 120), Test: draw(1, 120, 60)}
		if err := pack.SaveCompressed(filepath.Join(dir, name+".pxds"), s); err != nil {
			return err
		}
	}
	return nil
}

type training struct {
	config, data, from, to string
	until                  int
}

func (t training) run() error {
	text, err := os.ReadFile(t.config)
	if err != nil {
		return err
	}
	c := recipe.Earlier()
	if err := json.Unmarshal(text, &c); err != nil {
		return err
	}
	if t.data != "" {
		c.Source, c.Target = filepath.Join(t.data, "source.pxds"), filepath.Join(t.data, "target.pxds")
	}
	data, err := engine.OpenData(c)
	if err != nil {
		return err
	}
	d, err := gpu.Open(gpu.Options{})
	if err != nil {
		return err
	}
	defer d.Close()
	tr, err := engine.NewTrainer(d, c, data, graph.RuleFor(d.Info()))
	if err != nil {
		return err
	}
	defer tr.Close()
	if t.from != "" {
		f, st, err := checkpoint.Open(t.from)
		if err != nil {
			return err
		}
		if err := errors.Join(checkpoint.Resume(tr, f, st, t.from), f.Close()); err != nil {
			return err
		}
	}
	l := trainer.NewLoop(tr, c, trainer.Host{}, printer{json.NewEncoder(os.Stdout)})
	l.Until = t.until
	if err := l.Run(context.Background()); err != nil || t.to == "" {
		return err
	}
	out, err := os.Create(t.to)
	if err != nil {
		return err
	}
	return errors.Join(checkpoint.Save(out, tr), out.Close())
}

// printer prints the records of a run as metrics.jsonl has them.
type printer struct{ out *json.Encoder }

// Hear prints a record.
func (p printer) Hear(e trainer.Event) error {
	switch e := e.(type) {
	case trainer.TrainRecord:
		return p.out.Encode(e)
	case trainer.Evaluated:
		return p.out.Encode(e.Record)
	}
	return nil
}
