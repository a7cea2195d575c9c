package benchreport

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"

	"pixelda-wgpu/native/internal/console"
	"pixelda-wgpu/trainer/bench"
)

// readBench reads what bench -json printed.
func readBench(path string) (*bench.Result, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	b := new(bench.Result)
	err = json.Unmarshal(text, b)
	if err == nil && (len(b.Programs) == 0 || len(b.Kernels) == 0 || b.Peak.Arithmetic.Wall <= 0) {
		err = errors.New("steps, kernels or peak are missing")
	}
	if err != nil {
		return nil, fmt.Errorf("%s is no result of bench -json: %w", path, err)
	}
	return b, nil
}

// Compare prints two results, which bench -json has written to files, side by side.
func Compare(c *console.Console, pathA, pathB string) error {
	a, err := readBench(pathA)
	if err != nil {
		return err
	}
	b, err := readBench(pathB)
	if err != nil {
		return err
	}
	c.Printf("A  %s: %s\nB  %s: %s\n\n", pathA, benchTitle(a), pathB, benchTitle(b))
	t := console.Table{Align: "lrrr"}
	t.Head(c, "", "A", "B", "speed of B")
	times := func(name string, x, y float64) {
		t.Add(name, console.Duration(x), console.Duration(y), faster(c, x/y))
	}
	for i, p := range a.Programs {
		if i < len(b.Programs) {
			times(p.Name, p.Time.Wall, b.Programs[i].Time.Wall)
		}
	}
	x, y := a.Iteration(), b.Iteration()
	times("iteration", x.Time.Wall, y.Time.Wall)
	if byProcessor(a) && byProcessor(b) {
		times("iteration, CPU time", x.Time.CPU, y.Time.CPU)
	}
	t.Add("dispatches", fmt.Sprint(x.Dispatches), fmt.Sprint(y.Dispatches))
	t.Add("held on the device", console.Bytes(a.BytesHeld), console.Bytes(b.BytesHeld))
	t.Add("peak, GFLOP/s", giga(a.Peak.Arithmetic.Wall), giga(b.Peak.Arithmetic.Wall))
	t.Add("")
	t.Head(c, "Kind of kernel")
	inB := map[string]float64{}
	for _, k := range b.Kinds() {
		inB[k.Name] = k.Seconds
	}
	for _, k := range a.Kinds() {
		if seconds, ok := inB[k.Name]; ok {
			times(k.Name, k.Seconds, seconds)
			delete(inB, k.Name)
		} else {
			t.Add(k.Name, console.Duration(k.Seconds), "–", "")
		}
	}
	for _, k := range b.Kinds() {
		if seconds, ok := inB[k.Name]; ok {
			t.Add(k.Name, "–", console.Duration(seconds), "")
		}
	}
	t.Print(c, "")
	return nil
}

// faster says how fast B is relative to A; differences within noise are not coloured.
func faster(c *console.Console, ratio float64) string {
	const noise = 1.05
	text := fmt.Sprintf("%.2f × as fast", ratio)
	switch {
	case ratio > noise:
		return c.Green(text)
	case ratio < 1/noise:
		return c.Red(text)
	}
	return text
}
