package read

import (
	"bufio"
	"bytes"
	"compress/bzip2"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"

	"pixelda-wgpu/datasets"
	"pixelda-wgpu/datasets/limits"
)

const uspsSide = 16

// uspsTexts are the text forms in which LIBSVM and "The Elements of Statistical Learning" publish
// USPS with its original split.
var uspsTexts = [][2]string{
	{"usps.bz2", "usps.t.bz2"},
	{"usps", "usps.t"},
	{"zip.train.gz", "zip.test.gz"},
	{"zip.train", "zip.test"},
}

// USPS reads the original 7,291 + 2,007 images, from idx files or from a published text form. Only
// this split is comparable with the paper: the resampled one in circulation mixes the writers of
// training and test.
func USPS(dir string) (datasets.Parts, string, error) {
	train, test, ok, err := IDXFolder(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return datasets.Parts{}, "", missing("usps", dir)
	case err != nil:
		return datasets.Parts{}, "", err
	case ok && test != nil && train.Labelled() && test.Labelled():
		return datasets.Parts{Pool: train, Test: test}, "USPS, idx files in " + dir, nil
	}
	for _, pair := range uspsTexts {
		path := filepath.Join(dir, pair[0])
		train, err := readUSPSFile(path)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return datasets.Parts{}, "", err
		}
		test, err := readUSPSFile(filepath.Join(dir, pair[1]))
		if err != nil {
			return datasets.Parts{}, "", err
		}
		return datasets.Parts{Pool: train, Test: test}, "USPS, " + path, nil
	}
	return datasets.Parts{}, "", missing("usps", dir)
}

func readUSPSFile(path string) (*datasets.Set, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, origin.Errorf("%w", err)
	}
	defer f.Close()
	return readUSPSText(path, f)
}

// readUSPSText reads lines of a label and 256 values in [-1,1], as plain columns with labels 0-9 or
// as LIBSVM's index:value pairs with labels 1-10 (a missing pair is 0). It may be compressed with
// bzip2 or gzip.
func readUSPSText(name string, r io.Reader) (*datasets.Set, error) {
	b := bufio.NewReader(r)
	if head, _ := b.Peek(3); string(head) == "BZh" {
		r = bzip2.NewReader(b)
	} else if unzipped, err := gunzip(b); err == nil {
		r = unzipped
	} else {
		return nil, origin.Errorf("%s: damaged gzip header: %w", name, err)
	}
	s := datasets.Set{Name: name, Width: uspsSide, Height: uspsSide, Channels: 1, Classes: datasets.NumberedClasses(10)}
	var pixels []byte
	lines := bufio.NewScanner(r)
	for n := 1; lines.Scan(); n++ {
		fields := bytes.Fields(lines.Bytes())
		if len(fields) == 0 {
			continue
		}
		image, class, err := parseUSPSLine(fields)
		if err != nil {
			return nil, origin.Errorf("%s: line %d: %w", name, n, err)
		}
		pixels, s.Labels = append(pixels, image[:]...), append(s.Labels, class)
		if len(pixels) > limits.SetBytes {
			return nil, origin.Errorf("%s: line %d: more than %d bytes of images", name, n, int64(limits.SetBytes))
		}
	}
	if err := lines.Err(); err != nil {
		return nil, origin.Errorf("%s: after %d images: %w", name, len(s.Labels), err)
	}
	set := s.Of(pixels)
	return set, set.Validate()
}

// parseUSPSLine reads the image and the digit of a line.
func parseUSPSLine(fields [][]byte) (pixels [uspsSide * uspsSide]byte, class uint32, err error) {
	label, err := strconv.ParseFloat(string(fields[0]), 64)
	if err != nil {
		return pixels, 0, fmt.Errorf("label %q is no number", fields[0])
	}
	pairs := len(fields) == 1 || bytes.IndexByte(fields[1], ':') > 0
	if pairs {
		label--
	}
	if label != float64(int(label)) || label < 0 || label > 9 {
		return pixels, 0, fmt.Errorf("label %s is no digit", fields[0])
	}
	if !pairs && len(fields)-1 != uspsSide*uspsSide {
		return pixels, 0, fmt.Errorf("%d values, not %d", len(fields)-1, uspsSide*uspsSide)
	}
	for i := range pixels {
		pixels[i] = unitToByte(0.5)
	}
	for i, field := range fields[1:] {
		at := i + 1
		if pairs {
			index, value, found := bytes.Cut(field, []byte(":"))
			if at, err = strconv.Atoi(string(index)); !found || err != nil || at < 1 || at > len(pixels) {
				return pixels, 0, fmt.Errorf("%q is no index:value pair with an index of 1 to %d", field, len(pixels))
			}
			field = value
		}
		v, err := strconv.ParseFloat(string(field), 64)
		if err != nil || !(v >= -1 && v <= 1) {
			return pixels, 0, fmt.Errorf("value %d is %q, not a number in [-1, 1]", at, field)
		}
		pixels[at-1] = unitToByte((v + 1) / 2)
	}
	return pixels, uint32(label), nil
}
