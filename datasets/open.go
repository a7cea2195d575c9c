package datasets

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Open reads or generates a data set: one that List names, or else a path to
//
//   - a folder of idx files named as MNIST's, or one idx file of images,
//   - a folder, ZIP or tar.gz file of images, [train|valid|test/]class/image; of
//     domain/class/image one domain is opened as FOLDER/domain or FILE.zip/domain;
//     images outside any class folder are unlabelled; with poses.txt in the class
//     folders images have poses, and perhaps depth (see imageFile),
//   - a packed set, FILE.pxds.
//
// Plain idx files of bytes and raw packed sets are mapped where the system can do
// that, and not read into memory: leave them as they are while the set is in use.
func Open(spec string, o Options) (Splits, error) {
	if err := o.check(); err != nil {
		return Splits{}, err
	}
	for _, known := range List() {
		if known.Name == spec {
			return known.splits(o)
		}
	}
	return openPath(spec, o)
}

func openPath(path string, o Options) (Splits, error) {
	all, err := OpenDomains(path, o)
	if err != nil {
		return Splits{}, err
	}
	if len(all) > 1 {
		names := make([]string, len(all))
		for i, d := range all {
			names[i] = d.Name
		}
		return Splits{}, origin.Errorf("%s holds %d domains (%s): name one, as in %s/%s", path, len(all),
			strings.Join(names, ", "), path, names[0])
	}
	return all[0].Splits, nil
}

// OpenDomains opens all domains below a path, as Open does one. Their classes
// are the same.
func OpenDomains(path string, o Options) ([]Domain, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	if file, below, found := cutArchive(path); found {
		return openArchive(file, below, o)
	}
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		if path != filepath.Base(path) { // no name
			return nil, origin.Errorf("there is no file or folder %s", path)
		}
		return nil, origin.Errorf("%q is neither a known set (%s) nor a file or folder", path, knownNames())
	}
	if err != nil {
		return nil, origin.Errorf("%w", err)
	}
	if info.IsDir() {
		return openFolder(path, o)
	}
	if strings.EqualFold(filepath.Ext(path), ".pxds") {
		return openPacked(path, o)
	}
	pool, err := readIDXFiles(path, labelsOf(path, exists), openFile)
	if err != nil {
		return nil, err
	}
	return o.one(path, held{pool: pool})
}

func openFolder(dir string, o Options) ([]Domain, error) {
	train, test, ok, err := readIDXFolder(dir)
	if err != nil {
		return nil, err
	}
	if ok {
		return o.one(dir, held{pool: train, test: test})
	}
	files, err := listFolder(dir, isOfSet)
	if err != nil {
		return nil, err
	}
	return domains(filepath.ToSlash(filepath.Clean(dir)), files, o)
}

func openArchive(path, below string, o Options) ([]Domain, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, origin.Errorf("%w", err)
	}
	if o.Stream != nil {
		o.Stream.Keep(f)
	} else {
		defer f.Close()
	}
	info, err := f.Stat()
	if err != nil {
		return nil, origin.Errorf("%w", err)
	}
	return readArchive(path, f, info.Size(), below, o)
}

// labelsOf is the existing file of labels that belongs to an idx file of
// images by name, or "".
func labelsOf(images string, exists func(name string) bool) string {
	dir, file := filepath.Split(images)
	name := strings.NewReplacer("images", "labels", "idx3", "idx1", "idx4", "idx1").Replace(file)
	if name == file {
		return ""
	}
	if !exists(dir + name) {
		return ""
	}
	return dir + name
}

func exists(name string) bool {
	_, err := os.Stat(name)
	return err == nil
}
