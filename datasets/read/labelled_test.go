package read

import "testing"

func FuzzLabelList(f *testing.F) {
	f.Add([]byte("a.png 1\nb.png 2\n"))
	f.Fuzz(func(t *testing.T, list []byte) {
		if files, labels, err := parseLabelList(list); err == nil && len(files) != len(labels) {
			t.Error("not as many files as labels")
		}
	})
}
