package read

import (
	"archive/tar"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"slices"
	"strings"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zip"

	"pixelda-wgpu/datasets"
	"pixelda-wgpu/datasets/limits"
)

// Archives of images are read in place: nothing is extracted, so file names in them never reach a
// disk.

// archiveEndings mark files that are opened as if they were folders.
var archiveEndings = []string{".zip", ".tar.gz", ".tgz"}

// IsArchive tells by the name whether a file is opened as if it were a folder.
func IsArchive(name string) bool {
	return slices.ContainsFunc(archiveEndings, func(ending string) bool {
		return strings.HasSuffix(strings.ToLower(name), ending)
	})
}

// CutArchive splits a path ARCHIVE/folder.
func CutArchive(path string) (file, below string, found bool) {
	path = strings.ReplaceAll(path, `\`, "/")
	for _, ending := range archiveEndings {
		at := strings.Index(strings.ToLower(path)+"/", ending+"/")
		if at < 0 {
			continue
		}
		file = path[:at+len(ending)]
		if info, err := os.Stat(file); err == nil && info.IsDir() {
			continue
		}
		return file, strings.Trim(path[len(file):], "/"), true
	}
	return "", "", false
}

// listArchive finds the files to keep below a folder of an archive.
func listArchive(name string, r io.ReaderAt, size int64, below string, keep func(name string) bool) ([]Entry, error) {
	list := listTar
	if strings.HasSuffix(strings.ToLower(name), ".zip") {
		list = listZIP
	}
	return list(r, size, func(name string) (string, bool) {
		name = strings.TrimPrefix(path.Clean("/"+strings.ReplaceAll(name, `\`, "/")), "/")
		if below != "" {
			rest, inside := strings.CutPrefix(name, below+"/")
			if !inside {
				return "", false
			}
			name = rest
		}
		return name, keep(name)
	})
}

func listZIP(r io.ReaderAt, size int64, keep func(name string) (string, bool)) ([]Entry, error) {
	z, err := zip.NewReader(r, size)
	if err != nil && z == nil {
		return nil, fmt.Errorf("damaged ZIP file: %w", err)
	}
	var files []Entry
	for _, f := range z.File {
		name, kept := keep(f.Name)
		if f.Mode().IsDir() || !kept {
			continue
		}
		if f.Flags&1 != 0 {
			return nil, fmt.Errorf("%s is encrypted: make the ZIP without a password", f.Name)
		}
		files = append(files, Entry{name, int64(min(f.UncompressedSize64, limits.SetBytes)), f.Open})
	}
	return files, nil
}

// listTar holds the files in memory, since a gzipped archive has no index.
func listTar(r io.ReaderAt, size int64, keep func(name string) (string, bool)) ([]Entry, error) {
	z, err := gzip.NewReader(io.NewSectionReader(r, 0, size))
	if err != nil {
		return nil, fmt.Errorf("damaged archive: %w", err)
	}
	var files []Entry
	total := int64(0)
	for t := tar.NewReader(z); ; {
		h, err := t.Next()
		if errors.Is(err, io.EOF) {
			return files, nil
		}
		if err != nil {
			return nil, fmt.Errorf("damaged archive: %w", err)
		}
		name, kept := keep(h.Name)
		if h.Typeflag != tar.TypeReg || !kept {
			continue
		}
		if total += h.Size; h.Size > limits.FileBytes || total > limits.SetBytes/4 {
			return nil, fmt.Errorf("%s is too large: at most %d bytes a file and %d in all can be read", h.Name,
				limits.FileBytes, int64(limits.SetBytes/4))
		}
		data, err := limits.ReadExactly(t, h.Size)
		if err != nil {
			return nil, fmt.Errorf("damaged archive: %s: %w", h.Name, err)
		}
		files = append(files, InMemory(name, data))
	}
}

// InMemory is an entry whose bytes are already in memory.
func InMemory(name string, data []byte) Entry {
	return Entry{name, int64(len(data)), func() (io.ReadCloser, error) {
		return io.NopCloser(bytes.NewReader(data)), nil
	}}
}

// Archive reads the domains of a ZIP or tar.gz file of images, which is laid out like a folder; the
// ending of its name says which it is.
func Archive(name string, r io.ReaderAt, size int64, o datasets.Options) ([]datasets.Domain, error) {
	return ArchiveBelow(name, r, size, "", o)
}

// ArchiveBelow reads what is below a folder of the archive.
func ArchiveBelow(name string, r io.ReaderAt, size int64, below string, o datasets.Options) ([]datasets.Domain, error) {
	if err := o.Check(); err != nil {
		return nil, err
	}
	files, err := listArchive(name, r, size, below, IsOfSet)
	if err != nil {
		return nil, origin.Errorf("%s: %w", name, err)
	}
	if below != "" {
		name += "/" + below
	}
	return Domains(name, files, o)
}

// ListFiles finds the files to keep in a folder or an archive, or in a folder of an archive; they
// can be read until closer is called.
func ListFiles(from string, keep func(name string) bool) (files []Entry, closer func(), err error) {
	file, below, found := CutArchive(from)
	if !found {
		files, err = ListFolder(from, keep)
		return files, func() {}, err
	}
	f, err := os.Open(file)
	if err != nil {
		return nil, nil, origin.Errorf("%w", err)
	}
	closer = func() { _ = f.Close() } // only read from
	info, err := f.Stat()
	if err == nil {
		files, err = listArchive(file, f, info.Size(), below, keep)
	}
	if err != nil {
		closer()
		return nil, nil, origin.Errorf("%s: %w", from, err)
	}
	return files, closer, nil
}
