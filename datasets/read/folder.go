// Package read reads sets from folders, archives and idx files, and the published forms of
// MNIST, USPS, BSDS500 and LineMod.
package read

import (
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"pixelda-wgpu/datasets"
	"pixelda-wgpu/datasets/limits"
	"pixelda-wgpu/datasets/picture"
	"pixelda-wgpu/gpu/fault"
)

// origin marks the errors of this package.
const origin fault.Origin = "datasets/read"

// Entry is a file of a folder or an archive, not read yet.
type Entry struct {
	Path string // with slashes, below the root
	size int64
	Open func() (io.ReadCloser, error)
}

// IsOfSet tells whether a file is an image or describes images.
func IsOfSet(name string) bool { return IsImage(name) || isDescription(name) }

// IsImage tells by the name whether a file is to be read as an image. Hidden files and what macOS
// adds to archives are not.
func IsImage(name string) bool {
	for part := range strings.SplitSeq(name, "/") {
		if strings.HasPrefix(part, ".") || part == "__MACOSX" {
			return false
		}
	}
	switch strings.ToLower(path.Ext(name)) {
	case ".png", ".jpg", ".jpeg", ".webp":
		return true
	}
	return false
}

// ListFolder finds the files to keep below dir, which may be a link to a folder.
func ListFolder(dir string, keep func(name string) bool) ([]Entry, error) {
	dir, err := filepath.EvalSymlinks(dir)
	if err != nil {
		return nil, origin.Errorf("%w", err)
	}
	var files []Entry
	err = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(dir, path)
		if rel = filepath.ToSlash(rel); err != nil || d.IsDir() || !keep(rel) {
			return err
		}
		info, err := os.Stat(path) // follows links
		if err != nil || info.IsDir() {
			return err
		}
		files = append(files, Entry{rel, info.Size(), func() (io.ReadCloser, error) { return os.Open(path) }})
		return nil
	})
	if err != nil {
		return nil, origin.Errorf("%w", err)
	}
	return files, nil
}

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

func (f Entry) read() ([]byte, error) {
	if f.size > limits.FileBytes {
		return nil, fmt.Errorf("a file of %d bytes; at most %d can be read", f.size, limits.FileBytes)
	}
	r, err := f.Open()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	data, err := io.ReadAll(io.LimitReader(r, limits.FileBytes+1))
	if err == nil && len(data) > limits.FileBytes {
		err = fmt.Errorf("more than %d bytes; at most that many can be read", limits.FileBytes)
	}
	return data, err
}

// decode reads the image, with its depth unless that is not wanted.
func (f *imageFile) decode(flat bool) (picture.Picture, error) {
	data, err := f.read()
	if err != nil {
		return picture.Picture{}, err
	}
	p, err := picture.Decode(data)
	if err != nil || f.depth == nil || flat {
		return p, err
	}
	if data, err = f.depth.read(); err == nil {
		data, err = picture.DecodeDepth(data, p.Width, p.Height, f.distance)
	}
	if err != nil {
		return picture.Picture{}, fmt.Errorf("%s: %w", f.depth.Path, err)
	}
	return p.WithChannels(3).WithDepth(data), nil
}

// Domains turns files into one set of splits per domain, in name order; without a domain level
// there is one domain, called "".
func Domains(name string, entries []Entry, o datasets.Options) ([]datasets.Domain, error) {
	files, err := collect(entries)
	if err != nil {
		return nil, origin.Errorf("%s: %w", name, err)
	}
	if len(files) == 0 {
		return nil, origin.Errorf("%s: no PNG, JPEG or WebP images", name)
	}
	places, err := arrange(files)
	if err != nil {
		return nil, origin.Errorf("%s: %w", name, err)
	}
	classes := map[string][]string{} // by domain
	for _, p := range places {
		if p.class != "" && !slices.Contains(classes[p.domain], p.class) {
			classes[p.domain] = append(classes[p.domain], p.class)
		}
	}
	var names []string
	for _, p := range places {
		if !slices.Contains(names, p.domain) {
			names = append(names, p.domain)
		}
	}
	slices.Sort(names)
	for _, domain := range names {
		sortClasses(classes[domain])
		a := &datasets.Set{Name: name + "/" + names[0], Labels: []uint32{}, Classes: classes[names[0]]}
		b := &datasets.Set{Name: name + "/" + domain, Labels: []uint32{}, Classes: classes[domain]}
		if err := datasets.MatchClasses(a, b); err != nil {
			return nil, err
		}
	}
	var out []datasets.Domain
	for _, domain := range names {
		title := strings.TrimSuffix(name+"/"+domain, "/")
		var members []int
		for i, p := range places {
			if p.domain == domain {
				members = append(members, i)
			}
		}
		d := album{name: name, title: title, files: files, members: members, places: places, classes: classes[domain]}
		s, err := d.open(o)
		if err != nil {
			return nil, err
		}
		out = append(out, datasets.Domain{Name: domain, Splits: s})
	}
	return out, nil
}

// sortClasses orders names by their bytes, or by value if all are numbers, as for the classes of
// idx files.
func sortClasses(names []string) {
	for _, name := range names {
		if _, err := strconv.ParseUint(name, 10, 32); err != nil {
			slices.Sort(names)
			return
		}
	}
	slices.SortFunc(names, func(a, b string) int {
		x, _ := strconv.ParseUint(a, 10, 32)
		y, _ := strconv.ParseUint(b, 10, 32)
		if x != y {
			return int(x) - int(y)
		}
		return strings.Compare(a, b)
	})
}

// Subfolder is the path of the first of the named folders that exists in root, or else of the first
// one named.
func Subfolder(root string, names ...string) string {
	for _, name := range names {
		dir := filepath.Join(root, name)
		if info, err := os.Stat(dir); err == nil && info.IsDir() {
			return dir
		}
	}
	return filepath.Join(root, names[0])
}
