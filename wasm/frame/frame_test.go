package frame_test

import (
	"testing"

	"pixelda-wgpu/wasm/frame"
)

func TestDecode(t *testing.T) {
	m, err := frame.Decode([]byte(`{"type":"status","text":"step 3"}`))
	if status, ok := m.(*frame.Status); err != nil || !ok || status.Text != "step 3" {
		t.Errorf("status is read as %+v, %v", m, err)
	}
	m, err = frame.Decode(
		[]byte(`{"type":"answer","query":4,"samples":{"step":5,"classes":["a"],"noise":{"$part":0}}}`))
	if answer, ok := m.(*frame.Answer); err != nil || !ok || answer.Query != 4 || answer.Samples.Step != 5 {
		t.Errorf("answer is read as %+v, %v", m, err)
	}
	for _, text := range []string{`{"type":"rest"}`, `{"type":"status","text":3}`, `[]`, ``} {
		if m, err := frame.Decode([]byte(text)); err == nil {
			t.Errorf("%q is read as %+v", text, m)
		}
	}
}
