package datasets

import (
	"errors"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
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
	return readPhotos(dir, files)
}

// readPhotos decodes photographs in RGB, in name order.
func readPhotos(dir string, files []entry) ([]background, error) {
	slices.SortFunc(files, func(a, b entry) int { return strings.Compare(a.path, b.path) })
	photos := make([]background, len(files))
	err := parallelErr(len(files), func(i int) error {
		data, err := files[i].read()
		if err == nil {
			var p picture
			p, err = decodePicture(data)
			photos[i] = background{path.Base(files[i].path), p.withChannels(3)}
		}
		if err != nil {
			return origin.Errorf("%s: %s: %w", dir, files[i].path, err)
		}
		return nil
	})
	return photos, err
}

func bsdsFiles(dir string) ([]entry, error) {
	isPhoto := func(name string) bool { return path.Ext(name) == ".jpg" && path.Dir(name) == "." }
	for _, sub := range []string{"train", "images/train", "BSDS500/data/images/train",
		"BSR/BSDS500/data/images/train"} {
		below := filepath.Join(dir, filepath.FromSlash(sub))
		if _, err := os.Stat(below); err != nil {
			continue
		}
		if files, err := listFolder(below, isPhoto); err != nil || len(files) > 0 {
			return files, err
		}
	}
	archive := filepath.Join(dir, bsdsArchive)
	f, err := os.Open(archive)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, origin.Errorf("%w", err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, origin.Errorf("%w", err)
	}
	files, err := listArchive(archive, f, info.Size(), "", func(name string) bool {
		return strings.HasSuffix(path.Dir(name), "images/train") && path.Ext(name) == ".jpg"
	})
	if err != nil {
		return nil, origin.Errorf("%s: %w", archive, err)
	}
	return files, nil
}
