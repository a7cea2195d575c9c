// Package rundir keeps a training run on disk.
//
//	config.json       what was asked for
//	metrics.jsonl     one object a log interval, append-only
//	samples/          step-00001000.png: sample grids
//	checkpoints/      step-00001000.safetensors: the last few and the best
//	  index.json      step and score of each checkpoint
//	report.json       the outcome, written at the end
//
// A process that is killed at any moment leaves a folder that resumes: every
// file but metrics.jsonl appears under its name only when it is complete and on
// the disk, and of metrics.jsonl resuming drops what the checkpoint has not
// seen. One process at a time writes into a folder.
package rundir

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"pixelda-wgpu/gpu/fault"
)

// origin marks the errors of this package.
const origin fault.Origin = "trainer/rundir"

// The names in a run folder.
const (
	configFile     = "config.json"
	metricsFile    = "metrics.jsonl"
	reportFile     = "report.json"
	samplesDir     = "samples"
	checkpointsDir = "checkpoints"
	lockFile       = ".lock"
)

// Run is a run folder to read from. Another process may be training into it.
type Run struct {
	path string
}

// Open finds the run in folder path.
func Open(path string) (*Run, error) {
	switch _, err := os.Stat(filepath.Join(path, configFile)); {
	case err == nil:
		return &Run{path: path}, nil
	case !errors.Is(err, fs.ErrNotExist):
		return nil, explain(err)
	}
	if _, err := os.Stat(path); err != nil {
		return nil, explain(err)
	}
	return nil, origin.Errorf("%s is no run folder: it holds no %s", path, configFile)
}

// Path is the run's folder.
func (r *Run) Path() string { return r.path }

// Config decodes config.json into a pointer. Unknown fields are refused, since they would be
// settings without effect.
func (r *Run) Config(into any) error {
	file := filepath.Join(r.path, configFile)
	data, err := os.ReadFile(file)
	if err != nil {
		return explain(err)
	}
	decoder := json.NewDecoder(strings.NewReader(string(data)))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(into); err != nil {
		return origin.Errorf("%s: %w", file, err)
	}
	return nil
}

// Report decodes report.json into a pointer; the error wraps fs.ErrNotExist if the run has not
// ended.
func (r *Run) Report(into any) error {
	file := filepath.Join(r.path, reportFile)
	data, err := os.ReadFile(file)
	if err != nil {
		return explain(err)
	}
	if err := json.Unmarshal(data, into); err != nil {
		return origin.Errorf("%s: %w", file, err)
	}
	return nil
}

// Numbered makes the first free folder of the form root/0007-name, so that runs in one root keep
// the order in which they were started.
func Numbered(root, name string) (string, error) {
	if err := os.MkdirAll(root, 0o777); err != nil {
		return "", explain(err)
	}
	entries, err := os.ReadDir(root)
	if err != nil {
		return "", explain(err)
	}
	number := 0
	for _, entry := range entries {
		var n int
		if _, err := fmt.Sscanf(entry.Name(), "%d-", &n); err == nil {
			number = max(number, n+1)
		}
	}
	for ; ; number++ {
		path := filepath.Join(root, fmt.Sprintf("%04d-%s", number, name))
		switch err := os.Mkdir(path, 0o777); {
		case err == nil:
			return path, nil
		case !errors.Is(err, fs.ErrExist):
			return "", explain(err)
		}
	}
}

// writeJSON writes a value as indented JSON, completely or not at all.
func writeJSON(file string, value any) error {
	data, err := json.MarshalIndent(value, "", "  ")
	if err != nil {
		return origin.Errorf("%s: %w", file, err)
	}
	return WriteFile(file, func(w io.Writer) error {
		_, err := w.Write(append(data, '\n'))
		return err
	})
}
