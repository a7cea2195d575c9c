package kernels

import (
	"errors"
	"io/fs"
	"slices"
	"strings"
)

// library is several folders as one. No two of them have a file of the same name.
type library []fs.FS

// Open opens a file of any of the folders, or the whole.
func (l library) Open(name string) (fs.File, error) {
	for _, folder := range l {
		f, err := folder.Open(name)
		if !errors.Is(err, fs.ErrNotExist) {
			return f, err
		}
	}
	return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
}

// ReadDir lists the files of all folders by name.
func (l library) ReadDir(name string) ([]fs.DirEntry, error) {
	var all []fs.DirEntry
	for _, folder := range l {
		entries, err := fs.ReadDir(folder, name)
		if err != nil {
			return nil, err
		}
		for _, e := range entries {
			if strings.HasSuffix(e.Name(), ".wgsl") {
				all = append(all, e)
			}
		}
	}
	slices.SortFunc(all, func(a, b fs.DirEntry) int { return strings.Compare(a.Name(), b.Name()) })
	return all, nil
}
