package read

import (
	"bytes"
	"strings"
	"testing"

	"pixelda-wgpu/datasets/settest"
)

func TestUSPSTextErrors(t *testing.T) {
	row := strings.Repeat(" 0.5", 256)
	for name, c := range map[string]struct{ text, want string }{
		"empty":        {"", "no images"},
		"label":        {"x" + row, `line 1: label "x" is no number`},
		"no digit":     {"10" + row, "label 10 is no digit"},
		"fraction":     {"1.5" + row, "label 1.5 is no digit"},
		"libsvm zero":  {"0 1:1", "label 0 is no digit"},
		"columns":      {"1 0 0", "2 values, not 256"},
		"range":        {"1" + strings.Repeat(" 1.5", 256), `value 1 is "1.5", not a number in [-1, 1]`},
		"NaN":          {"1" + strings.Repeat(" NaN", 256), `value 1 is "NaN"`},
		"index":        {"1 257:0", `"257:0" is no index:value pair`},
		"second line":  {"1" + row + "\n2 3:x", `line 2: value 3 is "x"`},
		"endless line": {strings.Repeat("1 ", 1<<20), "token too long"},
		"bzip2":        {"BZh9xxxx", "after 0 images: "},
	} {
		if _, err := readUSPSText(name, strings.NewReader(c.text)); err == nil ||
			!strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v; want %q", name, err, c.want)
		}
	}
}

func FuzzUSPSText(f *testing.F) {
	f.Add([]byte("1" + strings.Repeat(" 0.5", 256)))
	f.Add([]byte("10 1:-1 256:0.25\n3 7:1\n"))
	f.Add(settest.Gzipped([]byte("10 1:-1")))
	f.Add([]byte("BZh91AY&SY"))
	f.Fuzz(func(t *testing.T, data []byte) {
		if s, err := readUSPSText("fuzz", bytes.NewReader(data)); err == nil {
			if err := s.Validate(); err != nil {
				t.Errorf("accepted but invalid: %v", err)
			}
		}
	})
}
