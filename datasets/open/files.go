package open

import (
	"bytes"
	"io"
	"path"
	"slices"
	"strings"

	"pixelda-wgpu/datasets"
	"pixelda-wgpu/datasets/pack"
	"pixelda-wgpu/datasets/read"
)

// File is a file in memory.
type File struct {
	Path string // with slashes
	Data []byte
}

// Files is Domains for files in memory that a person chose together: a ZIP file, a packed set, idx
// files, or the images of a folder with their paths.
func Files(name string, files []File, o datasets.Options) ([]datasets.Domain, error) {
	if err := o.Check(); err != nil {
		return nil, err
	}
	if len(files) == 0 {
		return nil, origin.Errorf("%s: no files", name)
	}
	if len(files) == 1 {
		one := files[0]
		if read.IsArchive(one.Path) {
			return read.Archive(one.Path, bytes.NewReader(one.Data), int64(len(one.Data)), o)
		}
		if strings.EqualFold(path.Ext(one.Path), ".pxds") {
			return pack.ReadDomain(one.Path, bytes.NewReader(one.Data), o)
		}
	}
	var images []read.Entry
	found := false
	byName := map[string][]byte{}
	var names []string
	for _, f := range files {
		if read.IsOfSet(f.Path) {
			images = append(images, read.InMemory(f.Path, f.Data))
			found = found || read.IsImage(f.Path)
		}
		byName[f.Path] = f.Data
		names = append(names, f.Path)
	}
	if found {
		return read.Domains(name, images, o)
	}
	slices.Sort(names)
	open := func(name string) (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(byName[name])), nil }
	train, test, ok, err := read.IDXParts(names, open)
	if err != nil {
		return nil, err
	}
	if ok {
		return o.One(name, datasets.Parts{Pool: train, Test: test})
	}
	has := func(name string) bool { return byName[name] != nil }
	for _, file := range names { // a pair of idx files may have any names
		labels := labelsOf(file, has)
		if labels != "" || len(names) == 1 && looksLikeIDX(byName[file]) {
			pool, err := read.IDXFiles(file, labels, open)
			if err != nil {
				return nil, err
			}
			return o.One(name, datasets.Parts{Pool: pool})
		}
	}
	return nil, origin.Errorf("%s: neither images (PNG, JPEG, WebP), idx files, a ZIP file nor a packed set (.pxds)",
		name)
}

// looksLikeIDX reports whether data begin as an idx file does, gzipped or not.
func looksLikeIDX(data []byte) bool {
	return bytes.HasPrefix(data, []byte{0, 0}) || bytes.HasPrefix(data, []byte{0x1f, 0x8b})
}
