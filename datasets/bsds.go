package datasets

import (
	"archive/tar"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/klauspost/compress/gzip"
)

// bsdsArchive is the official download; its images are read in place.
const bsdsArchive = "BSR_bsds500.tgz"

// background is a photograph that MNIST-M cuts its patches from.
type background struct {
	name string
	picture
}

// readBSDS decodes the training photographs of BSDS500 in name order, from the
// folder dir or from the official archive inside it.
func readBSDS(dir string) ([]background, error) {
	files, err := bsdsFiles(dir)
	if err != nil {
		return nil, err
	}
	if len(files) == 0 {
		return nil, missing("bsds500", dir)
	}
	slices.SortFunc(files, func(a, b bsdsFile) int { return strings.Compare(a.name, b.name) })
	photos := make([]background, len(files))
	err = parallelErr(len(files), func(i int) error {
		p, err := decodePicture(files[i].data)
		if err != nil {
			return fmt.Errorf("datasets: %s: %s: %w", dir, files[i].name, err)
		}
		photos[i] = background{files[i].name, p.withChannels(3)}
		return nil
	})
	return photos, err
}

type bsdsFile struct {
	name string
	data []byte
}

func bsdsFiles(dir string) ([]bsdsFile, error) {
	var files []bsdsFile
	for _, sub := range []string{"train", "images/train", "BSDS500/data/images/train", "BSR/BSDS500/data/images/train"} {
		names, err := filepath.Glob(filepath.Join(dir, filepath.FromSlash(sub), "*.jpg"))
		if err != nil {
			return nil, fmt.Errorf("datasets: %s: %w", dir, err)
		}
		for _, name := range names {
			data, err := readFile(name)
			if err != nil {
				return nil, err
			}
			files = append(files, bsdsFile{filepath.Base(name), data})
		}
		if len(files) > 0 {
			return files, nil
		}
	}
	archive := filepath.Join(dir, bsdsArchive)
	f, err := os.Open(archive)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("datasets: %w", err)
	}
	defer f.Close()
	files, err = untarPhotos(f)
	if err != nil {
		return nil, fmt.Errorf("datasets: %s: damaged archive: %w", archive, err)
	}
	return files, nil
}

// untarPhotos collects …/images/train/*.jpg of a gzipped tar file in memory.
func untarPhotos(r io.Reader) ([]bsdsFile, error) {
	z, err := gzip.NewReader(r)
	if err != nil {
		return nil, err
	}
	var files []bsdsFile
	total := int64(0)
	for t := tar.NewReader(z); ; {
		h, err := t.Next()
		if errors.Is(err, io.EOF) {
			return files, nil
		}
		if err != nil {
			return nil, err
		}
		if !strings.HasSuffix(path.Dir(h.Name), "images/train") || path.Ext(h.Name) != ".jpg" {
			continue
		}
		if total += h.Size; h.Size > maxFileBytes || total > maxSetBytes/4 {
			return nil, fmt.Errorf("%s is too large", h.Name)
		}
		data, err := readExactly(t, h.Size)
		if err != nil {
			return nil, err
		}
		files = append(files, bsdsFile{path.Base(h.Name), data})
	}
}

// readFile reads a file of at most maxFileBytes.
func readFile(name string) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, fmt.Errorf("datasets: %w", err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxFileBytes+1))
	if err == nil && len(data) > maxFileBytes {
		err = fmt.Errorf("more than %d bytes", maxFileBytes)
	}
	if err != nil {
		return nil, fmt.Errorf("datasets: %s: %w", name, err)
	}
	return data, nil
}
