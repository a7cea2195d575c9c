package events

import (
	"bytes"
	"math"
	"path/filepath"
	"testing"
)

// A resumed run adds an event file to those of before, which TensorBoard shows as one
// run: what commit 1a0b63a wrote (testdata/kept) is written in the same bytes today,
// under the same tags.
func TestKeptEvents(t *testing.T) {
	files, err := filepath.Glob(filepath.Join("..", "..", "testdata", "kept", "run", "*tfevents*"))
	if err != nil || len(files) != 1 {
		t.Fatalf("event files %v, %v", files, err)
	}
	var last map[string]float64
	kept := records(t, files[0])
	for _, event := range kept[2 : len(kept)-1] {
		step, values := int(find(t, event, 2).varint), map[string]float64{}
		for _, value := range decode(t, find(t, event, 5).bytes) {
			tag, number := value.bytes, decode(t, value.bytes)[1]
			if number.number != 2 { // the samples, an image
				continue
			}
			values[string(find(t, tag, 1).bytes)] = float64(math.Float32frombits(uint32(number.varint)))
		}
		if len(values) == 0 {
			continue
		}
		now := written(t, func(w *Writer) { w.Scalars(step, values) })[0]
		if got, want := find(t, now, 5).bytes, find(t, event, 5).bytes; !bytes.Equal(got, want) {
			t.Errorf("the scalars of step %d are written as %x, which were %x", step, got, want)
		}
		last = values
	}
	if len(kept) != 10 || len(last) != 4 || last["accuracy/target"] != 0.5 ||
		float32(last["score"]) != 2.4582003099737904e-10 {
		t.Errorf("%d events, of which the last scalars are %v", len(kept), last)
	}
}
