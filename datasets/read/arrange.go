package read

import (
	"fmt"
	"path"
	"slices"
	"strings"
)

// place is where an image is in domain/split/class/image.
type place struct{ domain, split, class string }

var splitNames = map[string]string{
	"train": "train", "training": "train",
	"valid": "valid", "validation": "valid", "val": "valid",
	"test": "test", "testing": "test",
}

// arrange sorts the files by path and derives their places from their folders:
// [domain/][train|valid|test/]class/image. A folder that holds everything says nothing and is
// ignored, so images without any other folder are unlabelled.
func arrange(files []imageFile) ([]place, error) {
	slices.SortStableFunc(files, func(a, b imageFile) int { return strings.Compare(a.Path, b.Path) })
	folders := make([][]string, len(files))
	for i, f := range files {
		parts := strings.Split(path.Dir(f.Path), "/")
		if parts[0] == "." {
			parts = nil
		}
		if f.layered {
			parts = parts[:len(parts)-1]
		}
		folders[i] = parts
	}
	for len(folders[0]) > 0 && splitNames[strings.ToLower(folders[0][0])] == "" && sameFirst(folders) {
		for i := range folders {
			folders[i] = folders[i][1:]
		}
	}
	places := make([]place, len(files))
	for level := range 2 {
		found, err := splitLevel(files, folders, level)
		if err != nil {
			return nil, err
		}
		if found {
			for i, f := range folders {
				places[i].split = splitNames[strings.ToLower(f[level])]
				folders[i] = slices.Delete(slices.Clone(f), level, level+1)
			}
			break
		}
	}
	for i, f := range files {
		if f.split == "" {
			continue
		}
		if places[i].split != "" {
			return nil, fmt.Errorf("%s lies in a split folder, but a %s lists it too", f.Path, splitFile)
		}
		places[i].split = f.split
	}
	depth := len(folders[0])
	for i, f := range folders {
		if len(f) != depth || depth > 2 {
			return nil, fmt.Errorf("%s does not lie in domain/class/image or class/image like %s", files[i].Path,
				files[0].Path)
		}
		if depth == 2 {
			places[i].domain = f[0]
		}
		if depth > 0 {
			places[i].class = f[depth-1]
		}
	}
	return places, nil
}

func sameFirst(folders [][]string) bool {
	for _, f := range folders {
		if len(f) == 0 || f[0] != folders[0][0] {
			return false
		}
	}
	return true
}

// splitLevel reports whether the folders at a level are called train, valid and test.
func splitLevel(files []imageFile, folders [][]string, level int) (bool, error) {
	with, without := -1, -1
	for i, f := range folders {
		if len(f) > level && splitNames[strings.ToLower(f[level])] != "" {
			with = i
		} else {
			without = i
		}
	}
	if with >= 0 && without >= 0 {
		return false, fmt.Errorf("%s lies in a split folder but %s does not", files[with].Path, files[without].Path)
	}
	return with >= 0, nil
}
