package datasets

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
)

// Archives of images are read in place: nothing is extracted, so file names in
// them reach no disk.

// archiveEndings of files that are opened as folders.
var archiveEndings = []string{".zip", ".tar.gz", ".tgz"}

func isArchive(name string) bool {
	return slices.ContainsFunc(archiveEndings, func(ending string) bool {
		return strings.HasSuffix(strings.ToLower(name), ending)
	})
}

// cutArchive parts ARCHIVE/folder.
func cutArchive(path string) (file, below string, found bool) {
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
func listArchive(name string, r io.ReaderAt, size int64, below string, keep func(name string) bool) ([]entry, error) {
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

func listZIP(r io.ReaderAt, size int64, keep func(name string) (string, bool)) ([]entry, error) {
	z, err := zip.NewReader(r, size)
	if err != nil && z == nil {
		return nil, fmt.Errorf("damaged ZIP file: %w", err)
	}
	var files []entry
	for _, f := range z.File {
		name, kept := keep(f.Name)
		if f.Mode().IsDir() || !kept {
			continue
		}
		if f.Flags&1 != 0 {
			return nil, fmt.Errorf("%s is encrypted: make the ZIP without a password", f.Name)
		}
		files = append(files, entry{name, int64(min(f.UncompressedSize64, maxSetBytes)), f.Open})
	}
	return files, nil
}

// listTar holds the files in memory, since a gzipped archive has no index.
func listTar(r io.ReaderAt, size int64, keep func(name string) (string, bool)) ([]entry, error) {
	z, err := gzip.NewReader(io.NewSectionReader(r, 0, size))
	if err != nil {
		return nil, fmt.Errorf("damaged archive: %w", err)
	}
	var files []entry
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
		if total += h.Size; h.Size > maxFileBytes || total > maxSetBytes/4 {
			return nil, fmt.Errorf("%s is too large: at most %d bytes a file and %d in all can be read", h.Name,
				maxFileBytes, int64(maxSetBytes/4))
		}
		data, err := readExactly(t, h.Size)
		if err != nil {
			return nil, fmt.Errorf("damaged archive: %s: %w", h.Name, err)
		}
		files = append(files, inMemory(name, data))
	}
}

// inMemory is an entry whose bytes are here.
func inMemory(name string, data []byte) entry {
	return entry{name, int64(len(data)), func() (io.ReadCloser, error) {
		return io.NopCloser(bytes.NewReader(data)), nil
	}}
}

// ReadArchive reads the domains of a ZIP or tar.gz file of images, laid out as a
// folder is; the name's ending tells which it is.
func ReadArchive(name string, r io.ReaderAt, size int64, o Options) ([]Domain, error) {
	return readArchive(name, r, size, "", o)
}

// readArchive reads what lies below a folder of the archive.
func readArchive(name string, r io.ReaderAt, size int64, below string, o Options) ([]Domain, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	files, err := listArchive(name, r, size, below, isOfSet)
	if err != nil {
		return nil, origin.Errorf("%s: %w", name, err)
	}
	if below != "" {
		name += "/" + below
	}
	return domains(name, files, o)
}

// listFiles finds the files to keep in a folder or an archive, or below a folder of
// that; they can be read until closer is called.
func listFiles(from string, keep func(name string) bool) (files []entry, closer func(), err error) {
	file, below, found := cutArchive(from)
	if !found {
		files, err = listFolder(from, keep)
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
