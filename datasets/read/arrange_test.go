package read

import (
	"path"
	"strings"
	"testing"
)

func FuzzArrange(f *testing.F) {
	f.Add("train/a/1.png\ntest/a/1.png")
	f.Add("x/office/amazon/a/1.png\nx/office/dslr/a/1.png\nx/office/dslr/b/1.png")
	f.Add("1.png")
	f.Fuzz(func(t *testing.T, names string) {
		var files []imageFile
		for name := range strings.SplitSeq(names, "\n") {
			if name = path.Clean("/" + name); name != "/" {
				files = append(files, imageFile{Entry: Entry{Path: name[1:]}})
			}
		}
		if len(files) == 0 {
			return
		}
		places, err := arrange(files)
		if err != nil {
			return
		}
		for i, p := range places {
			if (p.class == "") != (places[0].class == "") || (p.domain == "") != (places[0].domain == "") ||
				(p.split == "") != (places[0].split == "") {
				t.Errorf("%q became %+v beside %+v", files[i].Path, p, places[0])
			}
		}
	})
}
