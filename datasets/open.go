package datasets

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Options says how Open prepares a set. The zero value leaves images as they
// are and uses each set's usual splits.
type Options struct {
	Dir      string  // the folder with mnist, usps, mnist_m, bsds500; "" is "data"
	Size     int     // resize to Size×Size; 0 keeps the size
	Channels int     // 1 grey, 3 RGB; 0 keeps them (files of both kinds together: RGB)
	Seed     uint64  // draws generated images, patches and splits
	Counts   *Counts // nil: a known set's usual splits; of other sets a tenth each for valid and test
	Draw     Drawer  // draws generated images; nil does it here

	stream *stream // have images made when they are asked for, where that can be
}

// Drawer draws the pixels of images [from, from+n) of a generated set, as Draw
// does, perhaps elsewhere.
type Drawer func(name string, seed uint64, from, n int) (pixels []byte, err error)

const maxSize = 4096

func (o Options) check() error {
	if o.Size < 0 || o.Size > maxSize {
		return origin.Errorf("cannot resize to %d pixels: give 1 to %d, or 0 to keep the size", o.Size, maxSize)
	}
	if o.Channels != 0 && o.Channels != 1 && o.Channels != 3 {
		return origin.Errorf("cannot make %d channels: give 1 (grey), 3 (RGB) or 0 to keep them", o.Channels)
	}
	return nil
}

// counts is what was asked for, or a tenth for each split that h lacks.
func (o Options) counts(h held) Counts {
	if o.Counts != nil {
		return *o.Counts
	}
	var c Counts
	if h.valid == nil {
		c.Valid = h.pool.Len() / 10
	}
	if h.test == nil {
		c.Test = h.pool.Len() / 10
	}
	return c
}

func (o Options) dir() string {
	if o.Dir == "" {
		return "data"
	}
	return o.Dir
}

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
	if o.stream != nil {
		o.stream.files = append(o.stream.files, f)
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

// one divides a single set.
func (o Options) one(name string, h held) ([]Domain, error) {
	s, err := h.divide(name, o.counts(h), o.Seed)
	if err != nil {
		return nil, err
	}
	s.Origin = name
	return []Domain{{Splits: o.shape(s)}}, nil
}

// shape brings all splits to the size and channels asked for.
func (o Options) shape(s Splits) Splits {
	for _, set := range []**Set{&s.Train, &s.Valid, &s.Test} {
		if *set != nil && o.Size != 0 {
			*set = (*set).Resize(o.Size, o.Size)
		}
		if *set != nil && o.Channels != 0 {
			*set = (*set).WithChannels(o.Channels)
		}
	}
	return s
}
