package expand

import (
	"testing"
	"testing/fstest"
)

func TestHash(t *testing.T) {
	file := func(text string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(text)} }
	seen := map[string]string{}
	for what, files := range map[string]fstest.MapFS{
		"two files":         {"a.wgsl": file("one"), "b.wgsl": file("two")},
		"another text":      {"a.wgsl": file("one"), "b.wgsl": file("Two")},
		"another name":      {"a.wgsl": file("one"), "c.wgsl": file("two")},
		"texts exchanged":   {"a.wgsl": file("two"), "b.wgsl": file("one")},
		"a file less":       {"a.wgsl": file("one")},
		"an empty one more": {"a.wgsl": file("one"), "b.wgsl": file("two"), "c.wgsl": file("")},
		"a byte moved":      {"a.wgsl": file("onet"), "b.wgsl": file("wo")},
	} {
		h := Hash(files)
		if h != Hash(files) {
			t.Errorf("%s: the hash of the same files differs", what)
		}
		if other, ok := seen[h]; ok {
			t.Errorf("%s and %s have the same hash", what, other)
		}
		seen[h] = what
	}
}
