package datasets

import (
	"bytes"
	"io"
	"path"
	"slices"
	"strings"
)

// File is a file in memory.
type File struct {
	Path string // with slashes
	Data []byte
}

// ReadFiles is OpenDomains for files in memory, which a person chose together: a
// ZIP file, a packed set, idx files, or the images of a folder with their paths.
func ReadFiles(name string, files []File, o Options) ([]Domain, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	if len(files) == 0 {
		return nil, origin.Errorf("%s: no files", name)
	}
	if len(files) == 1 {
		one := files[0]
		if isArchive(one.Path) {
			return ReadArchive(one.Path, bytes.NewReader(one.Data), int64(len(one.Data)), o)
		}
		if strings.EqualFold(path.Ext(one.Path), ".pxds") {
			return readPackedDomain(one.Path, bytes.NewReader(one.Data), o)
		}
	}
	var images []entry
	found := false
	byName := map[string][]byte{}
	var names []string
	for _, f := range files {
		if isOfSet(f.Path) {
			images = append(images, inMemory(f.Path, f.Data))
			found = found || isImage(f.Path)
		}
		byName[f.Path] = f.Data
		names = append(names, f.Path)
	}
	if found {
		return domains(name, images, o)
	}
	slices.Sort(names)
	open := func(name string) (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(byName[name])), nil }
	train, test, ok, err := readIDXParts(names, open)
	if err != nil {
		return nil, err
	}
	if ok {
		return o.one(name, held{pool: train, test: test})
	}
	has := func(name string) bool { return byName[name] != nil }
	for _, file := range names { // one pair of idx files by any name
		labels := labelsOf(file, has)
		if labels != "" || len(names) == 1 && looksLikeIDX(byName[file]) {
			pool, err := readIDXFiles(file, labels, open)
			if err != nil {
				return nil, err
			}
			return o.one(name, held{pool: pool})
		}
	}
	return nil,
		origin.Errorf("%s: neither images (PNG, JPEG, WebP), idx files, a ZIP file nor a packed set (.pxds)",
			name)
}

// looksLikeIDX reports whether data begin as an idx file does, gzipped or not.
func looksLikeIDX(data []byte) bool {
	return bytes.HasPrefix(data, []byte{0, 0}) || bytes.HasPrefix(data, []byte{0x1f, 0x8b})
}
