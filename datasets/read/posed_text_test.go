package read

import (
	"slices"
	"strings"
	"testing"
)

func FuzzPoses(f *testing.F) {
	f.Add([]byte("# a.png\n1 0 0 0\n\n#b.png\r\n-0.6 0 .8 0 700\r\n"))
	f.Add([]byte("# a.png\n0 0 0 0\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		poses, err := readPoses(text)
		if err != nil {
			if !strings.HasPrefix(err.Error(), "line ") {
				t.Errorf("%v does not name the line", err)
			}
			return
		}
		for name, p := range poses {
			if err := p.pose.Check(); err != nil || p.distance < 0 || p.index >= len(poses) || name == "" {
				t.Errorf("accepted %q: %+v, %v", name, p, err)
			}
		}
	})
}

func FuzzIndices(f *testing.F) {
	f.Add([]byte("1, 2, 4\r\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		all, err := readIndices(text)
		if err == nil && (len(all) == 0 || all[0] < 0 || !slices.IsSorted(all)) {
			t.Errorf("accepted %v", all)
		}
	})
}
