package datasets

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
	"sync/atomic"
)

// imageFile is one image of a folder or an archive, not yet read.
type imageFile struct {
	path string // with slashes, below the root
	size int64
	open func() (io.ReadCloser, error)
}

// isImage tells by the name whether a file is to be read. Hidden files and
// what macOS adds to archives are not.
func isImage(name string) bool {
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

// listFolder finds the images below dir.
func listFolder(dir string) ([]imageFile, error) {
	var files []imageFile
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(dir, path)
		if rel = filepath.ToSlash(rel); err != nil || d.IsDir() || !isImage(rel) {
			return err
		}
		info, err := os.Stat(path) // follows links
		if err != nil || info.IsDir() {
			return err
		}
		files = append(files, imageFile{rel, info.Size(), func() (io.ReadCloser, error) { return os.Open(path) }})
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("datasets: %w", err)
	}
	return files, nil
}

// place is where an image stands in domain/split/class/image.
type place struct{ domain, split, class string }

var splitNames = map[string]string{
	"train": "train", "training": "train",
	"valid": "valid", "validation": "valid", "val": "valid",
	"test": "test", "testing": "test",
}

// arrange sorts the files by path and reads their places off their folders:
// [domain/][train|valid|test/]class/image. Folders that hold everything say
// nothing and are left out, so images without any other folder are unlabelled.
func arrange(files []imageFile) ([]place, error) {
	slices.SortStableFunc(files, func(a, b imageFile) int { return strings.Compare(a.path, b.path) })
	folders := make([][]string, len(files))
	for i, f := range files {
		parts := strings.Split(f.path, "/")
		folders[i] = parts[:len(parts)-1]
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
	depth := len(folders[0])
	for i, f := range folders {
		if len(f) != depth || depth > 2 {
			return nil, fmt.Errorf("%s does not lie in domain/class/image or class/image like %s", files[i].path, files[0].path)
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

// splitLevel reports whether the folders at a level are train, valid and test.
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
		return false, fmt.Errorf("%s lies in a split folder but %s does not", files[with].path, files[without].path)
	}
	return with >= 0, nil
}

// decodeAll reads every file in parallel, at size × size if size is not 0.
func decodeAll(files []imageFile, size int) ([]picture, error) {
	pictures := make([]picture, len(files))
	var total atomic.Int64
	err := parallelErr(len(files), func(i int) error {
		p, err := files[i].decode()
		if err != nil {
			return fmt.Errorf("%s: %w", files[i].path, err)
		}
		if size > 0 {
			p = p.resize(size, size)
		}
		if total.Add(int64(len(p.pixels))) > maxSetBytes {
			return fmt.Errorf("%s: the images take more than %d bytes: choose a smaller size", files[i].path, int64(maxSetBytes))
		}
		pictures[i] = p
		return nil
	})
	return pictures, err
}

func (f imageFile) decode() (picture, error) {
	if f.size > maxFileBytes {
		return picture{}, fmt.Errorf("a file of %d bytes; at most %d can be read", f.size, maxFileBytes)
	}
	r, err := f.open()
	if err != nil {
		return picture{}, err
	}
	defer r.Close()
	data, err := io.ReadAll(io.LimitReader(r, maxFileBytes+1))
	if err == nil && len(data) > maxFileBytes {
		err = fmt.Errorf("more than %d bytes; at most that many can be read", maxFileBytes)
	}
	if err != nil {
		return picture{}, err
	}
	return decodePicture(data)
}

// Domain is one of several sets with the same classes.
type Domain struct {
	Name string
	Splits
}

// domains turns files into one set of splits per domain, in name order; a
// folder without a domain level is one domain called "".
func domains(name string, files []imageFile, o Options) ([]Domain, error) {
	if len(files) == 0 {
		return nil, fmt.Errorf("datasets: %s: no PNG, JPEG or WebP images", name)
	}
	places, err := arrange(files)
	if err != nil {
		return nil, fmt.Errorf("datasets: %s: %w", name, err)
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
		a := &Set{Name: name + "/" + names[0], Labels: []uint32{}, Classes: classes[names[0]]}
		b := &Set{Name: name + "/" + domain, Labels: []uint32{}, Classes: classes[domain]}
		if err := MatchClasses(a, b); err != nil {
			return nil, err
		}
	}
	pictures, err := decodeAll(files, o.Size)
	if err != nil {
		return nil, fmt.Errorf("datasets: %s: %w", name, err)
	}
	var out []Domain
	for _, domain := range names {
		title := strings.TrimSuffix(name+"/"+domain, "/")
		var members []int
		for i, p := range places {
			if p.domain == domain {
				members = append(members, i)
			}
		}
		first := pictures[members[0]]
		for _, i := range members {
			if p := pictures[i]; p.width != first.width || p.height != first.height {
				return nil, fmt.Errorf("datasets: %s: %s is %dx%d but %s is %dx%d: give a size for all", name,
					files[members[0]].path, first.width, first.height, files[i].path, p.width, p.height)
			}
		}
		s, err := assemble(title, members, places, pictures, classes[domain], o)
		if err != nil {
			return nil, err
		}
		out = append(out, Domain{domain, s})
	}
	return out, nil
}

// assemble collects the pictures of one domain into its splits.
func assemble(title string, members []int, places []place, pictures []picture, classes []string, o Options) (Splits, error) {
	channels := o.Channels
	if channels == 0 {
		for _, i := range members {
			channels = max(channels, pictures[i].channels)
		}
	}
	sets := map[string]*Set{}
	for _, i := range members {
		at, p := places[i], pictures[i]
		s := sets[at.split]
		if s == nil {
			s = &Set{Name: title, Width: p.width, Height: p.height, Channels: channels, Classes: classes}
			sets[at.split] = s
		}
		s.Pixels = append(s.Pixels, p.withChannels(channels).pixels...)
		if at.class != "" {
			s.Labels = append(s.Labels, uint32(slices.Index(classes, at.class)))
		}
	}
	h := held{pool: sets[""], valid: sets["valid"], test: sets["test"]}
	if h.pool == nil {
		h.pool = sets["train"]
	}
	if h.pool == nil {
		return Splits{}, fmt.Errorf("datasets: %s: no images in train", title)
	}
	s, err := h.divide(title, o.counts(h), o.Seed)
	s.Origin = "images in " + title
	return s, err
}

// sortClasses orders names by their bytes, or by value if all are numbers, as
// the classes of idx files are.
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
