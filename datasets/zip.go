package datasets

import (
	"fmt"
	"io"
	"path"
	"strings"

	"github.com/klauspost/compress/zip"
)

// ReadZIP reads the domains of a ZIP file of images, laid out as a folder is:
// [domain/][train|valid|test/]class/image. Nothing is extracted, so file names
// in the archive reach no disk.
func ReadZIP(name string, r io.ReaderAt, size int64, o Options) ([]Domain, error) {
	return readZIP(name, r, size, "", o)
}

// readZIP reads what lies below a folder of the archive.
func readZIP(name string, r io.ReaderAt, size int64, below string, o Options) ([]Domain, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	files, err := listZIP(r, size, below)
	if err != nil {
		return nil, fmt.Errorf("datasets: %s: %w", name, err)
	}
	if below != "" {
		name += "/" + below
	}
	return domains(name, files, o)
}

func listZIP(r io.ReaderAt, size int64, below string) ([]imageFile, error) {
	z, err := zip.NewReader(r, size)
	if err != nil && z == nil {
		return nil, fmt.Errorf("damaged ZIP file: %w", err)
	}
	var files []imageFile
	for _, f := range z.File {
		name := strings.TrimPrefix(path.Clean("/"+strings.ReplaceAll(f.Name, `\`, "/")), "/")
		if below != "" {
			rest, inside := strings.CutPrefix(name, below+"/")
			if !inside {
				continue
			}
			name = rest
		}
		if f.Mode().IsDir() || !isImage(name) {
			continue
		}
		if f.Flags&1 != 0 {
			return nil, fmt.Errorf("%s is encrypted: make the ZIP without a password", f.Name)
		}
		files = append(files, imageFile{name, int64(min(f.UncompressedSize64, maxSetBytes)), f.Open})
	}
	return files, nil
}
