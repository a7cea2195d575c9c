package rundir

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// Log appends a record to metrics.jsonl. A record is a struct or map that encodes as an object with
// the integer "step"; steps never decrease.
func (w *Writer) Log(record any) error {
	line, err := json.Marshal(record)
	if err == nil {
		_, err = stepOf(line)
	}
	if err != nil {
		return origin.Errorf("%s: %w", w.metrics.Name(), err)
	}
	_, err = w.metrics.Write(append(line, '\n'))
	return explain(err)
}

// Metrics calls record with each line of metrics.jsonl, in order, but not with a last line that is
// still being written.
func (r *Run) Metrics(record func(line []byte) error) error {
	file, err := os.Open(filepath.Join(r.path, metricsFile))
	if err != nil {
		return explain(err)
	}
	defer file.Close()
	return eachLine(file, func(_ int64, line []byte) error { return record(line) })
}

var errLater = errors.New("a record of a later step")

// rewindMetrics truncates the file before its first record of a later step.
func rewindMetrics(file *os.File, step int) error {
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return explain(err)
	}
	keep := int64(0)
	err := eachLine(file, func(end int64, line []byte) error {
		at, err := stepOf(line)
		if err != nil {
			return origin.Errorf("%s, at byte %d: %w", file.Name(), end-int64(len(line)), err)
		}
		if at > step {
			return errLater
		}
		keep = end
		return nil
	})
	if err != nil && !errors.Is(err, errLater) {
		return err
	}
	return explain(file.Truncate(keep))
}

// eachLine calls visit with each complete line, including its newline, and the offset of its end.
func eachLine(r io.Reader, visit func(end int64, line []byte) error) error {
	reader, end := bufio.NewReader(r), int64(0)
	for {
		line, err := reader.ReadBytes('\n')
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return explain(err)
		}
		end += int64(len(line))
		if err := visit(end, line); err != nil {
			return err
		}
	}
}

func stepOf(line []byte) (int, error) {
	var record struct{ Step *int }
	if err := json.Unmarshal(line, &record); err != nil {
		return 0, fmt.Errorf("no JSON record: %w", err)
	}
	if record.Step == nil {
		return 0, fmt.Errorf("the record %.60s has no step", bytes.TrimSpace(line))
	}
	return *record.Step, nil
}
