//go:build !js

// Command reference is the native side of the browser's tests: it makes small
// packed sets, trains natively what the page trains, and lowers what only a page can run.
//
//	reference data DIR
//	reference reductions N,C,H,W ...
//	reference train -config FILE [-data DIR] -until N [-from FILE] [-to FILE]
//
// Training prints its records as metrics.jsonl has them.
package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"

	"pixelda-wgpu/datasets"
	"pixelda-wgpu/gpu"
	"pixelda-wgpu/model/graph"
	"pixelda-wgpu/trainer"
	"pixelda-wgpu/trainer/recipe"
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
	if len(args) > 0 && args[0] == "reductions" {
		return printReductions(args[1:])
	}
	if len(args) == 0 || args[0] != "train" {
		return errors.New("want data DIR, reductions and shapes, or train and its flags")
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
	for name, draw := range map[string]func(seed uint64, from, n int) *datasets.Set{"source": datasets.Digits, "target": datasets.DigitsM} {
		s := datasets.Splits{Origin: "the built-in digits", Train: draw(1, 0, 120), Test: draw(1, 120, 60)}
		if err := datasets.SavePacked(filepath.Join(dir, name+".pxds"), s); err != nil {
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
	data, err := trainer.OpenData(c)
	if err != nil {
		return err
	}
	d, err := gpu.Open(gpu.Options{})
	if err != nil {
		return err
	}
	defer d.Close()
	tr, err := trainer.New(d, c, data, trainer.Options{Choose: graph.RuleFor(d.Info())})
	if err != nil {
		return err
	}
	defer tr.Close()
	if t.from != "" {
		if _, err := tr.Resume(t.from); err != nil {
			return err
		}
	}
	r := trainer.NewRecorder(tr)
	print := json.NewEncoder(os.Stdout)
	for tr.Iteration < t.until {
		if err := tr.Iterate(); err != nil {
			return err
		}
		if tr.Iteration%c.LogEvery == 0 {
			rec, err := r.RecordNow()
			if err == nil {
				err = print.Encode(rec)
			}
			if err != nil {
				return err
			}
		}
	}
	rec, _, err := r.Measure()
	if err != nil {
		return err
	}
	if err := print.Encode(rec); err != nil || t.to == "" {
		return err
	}
	out, err := os.Create(t.to)
	if err != nil {
		return err
	}
	return errors.Join(tr.Save(out, tr.State()), out.Close())
}
