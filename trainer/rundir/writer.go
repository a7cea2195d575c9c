package rundir

import (
	"errors"
	"fmt"
	"image"
	"image/png"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

var errLocked = errors.New("another process holds the lock")

// Writer is a run folder that this process trains into. It is for one goroutine.
type Writer struct {
	Run
	lock    *os.File
	metrics *os.File
	keep    int
}

// Create starts a run in folder path, which is created if it is missing and must otherwise be empty,
// and writes config as config.json. The folder will keep the last keep checkpoints, and the best one.
func Create(path string, config any, keep int) (*Writer, error) {
	if err := os.MkdirAll(path, 0o777); err != nil {
		return nil, explain(err)
	}
	return open(path, keep, func() error {
		entries, err := os.ReadDir(path)
		if err != nil {
			return explain(err)
		}
		for _, entry := range entries {
			switch {
			case entry.Name() == configFile:
				return origin.Errorf("%s already holds a run: resume it, or choose another folder", path)
			case !strings.HasPrefix(entry.Name(), "."):
				return origin.Errorf("%s is not empty (it holds %s): choose another folder", path, entry.Name())
			}
		}
		return writeJSON(filepath.Join(path, configFile), config)
	})
}

// Resume continues the run in folder path. The caller picks a checkpoint (Latest), and calls Rewind
// with its step before logging anything.
func Resume(path string, keep int) (*Writer, error) {
	if _, err := Open(path); err != nil {
		return nil, err
	}
	return open(path, keep, func() error {
		return errors.Join(removeTemporary(path),
			removeTemporary(filepath.Join(path, samplesDir)),
			removeTemporary(filepath.Join(path, checkpointsDir)))
	})
}

// open locks the folder, prepares it and opens the files that grow in it.
func open(path string, keep int, prepare func() error) (*Writer, error) {
	if keep < 1 {
		return nil, origin.Errorf("%s: %d checkpoints to keep; at least 1 is needed to resume", path, keep)
	}
	held, err := lock(filepath.Join(path, lockFile))
	if errors.Is(err, errLocked) {
		return nil, origin.Errorf("%s is in use by another process: wait for it, or choose another folder", path)
	}
	if err != nil {
		return nil, explain(err)
	}
	if err := prepare(); err != nil {
		held.Close()
		return nil, err
	}
	metrics, err := os.OpenFile(filepath.Join(path, metricsFile), os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o666)
	if err != nil {
		held.Close()
		return nil, explain(err)
	}
	return &Writer{Run: Run{path: path}, lock: held, metrics: metrics, keep: keep}, nil
}

// Rewind takes the folder back to the moment after a step: it removes the checkpoints and the
// metrics of later steps, a last line that was cut off by a kill, and the report. With step 0 the
// run starts over.
func (w *Writer) Rewind(step int) error {
	if err := os.Remove(filepath.Join(w.path, reportFile)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return explain(err)
	}
	if err := w.forgetAfter(step); err != nil {
		return err
	}
	return rewindMetrics(w.metrics, step)
}

// SaveSample writes the sample grid of a step and returns its path.
func (w *Writer) SaveSample(step int, grid image.Image) (string, error) {
	file := filepath.Join(w.path, samplesDir, fmt.Sprintf("step-%08d.png", step))
	if err := os.MkdirAll(filepath.Dir(file), 0o777); err != nil {
		return "", explain(err)
	}
	return file, WriteFile(file, func(out io.Writer) error { return png.Encode(out, grid) })
}

// SaveReport writes the outcome as report.json and returns its path.
func (w *Writer) SaveReport(report any) (string, error) {
	file := filepath.Join(w.path, reportFile)
	return file, writeJSON(file, report)
}

// Close finishes writing and releases the folder.
func (w *Writer) Close() error {
	return explain(errors.Join(w.metrics.Sync(), w.metrics.Close(), w.lock.Close()))
}
