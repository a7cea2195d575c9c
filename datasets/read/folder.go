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
	"strings"

	"pixelda-wgpu/datasets/limits"
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
