package datasets

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// readMNISTMFolder reads the release as published: mnist_m_{train,test}/ with
// PNG files and mnist_m_{train,test}_labels.txt with "NNNNNNNN.png label" lines.
func readMNISTMFolder(dir string) (h held, err error) {
	if h.pool, err = readLabelledFolder(dir, "mnist_m_train", mnistmSide); err == nil {
		h.test, err = readLabelledFolder(dir, "mnist_m_test", mnistmSide)
	}
	return h, err
}

func readLabelledFolder(dir, name string, side int) (*Set, error) {
	list := filepath.Join(dir, name+"_labels.txt")
	data, err := readFile(list)
	if err != nil {
		return nil, err
	}
	files, labels, err := parseLabelList(data)
	if err != nil {
		return nil, origin.Errorf("%s: %w", list, err)
	}
	s := Set{
		Name: name, Width: side, Height: side, Channels: 3,
		Labels: labels, Classes: numberedClasses(10),
	}.Of(make([]byte, len(files)*side*side*3))
	err = parallelErr(len(files), func(i int) error {
		path := filepath.Join(dir, name, files[i])
		data, err := readFile(path)
		if err != nil {
			return err
		}
		p, err := decodePicture(data)
		if err == nil && (p.width != side || p.height != side) {
			err = fmt.Errorf("%dx%d pixels, not %dx%d", p.width, p.height, side, side)
		}
		if err != nil {
			return origin.Errorf("%s: %w", path, err)
		}
		copy(s.Image(i), p.withChannels(3).pixels)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return s, s.Validate()
}

func parseLabelList(data []byte) (files []string, labels []uint32, err error) {
	lines := bufio.NewScanner(bytes.NewReader(data))
	for n := 1; lines.Scan(); n++ {
		fields := strings.Fields(lines.Text())
		if len(fields) == 0 {
			continue
		}
		if len(fields) != 2 || fields[0] != filepath.Base(fields[0]) {
			return nil, nil, fmt.Errorf("line %d is %q, not a file name and a label", n, lines.Text())
		}
		label, err := strconv.ParseUint(fields[1], 10, 32)
		if err != nil || label > 9 {
			return nil, nil, fmt.Errorf("line %d: label %q is no digit", n, fields[1])
		}
		files, labels = append(files, fields[0]), append(labels, uint32(label))
	}
	return files, labels, lines.Err()
}

// subfolder is the first of the named folders that exists in root, else where
// the first would be.
func subfolder(root string, names ...string) string {
	for _, name := range names {
		dir := filepath.Join(root, name)
		if info, err := os.Stat(dir); err == nil && info.IsDir() {
			return dir
		}
	}
	return filepath.Join(root, names[0])
}
