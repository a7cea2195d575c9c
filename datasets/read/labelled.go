package read

import (
	"bufio"
	"bytes"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"

	"pixelda-wgpu/datasets"
	"pixelda-wgpu/datasets/limits"
	"pixelda-wgpu/datasets/parallel"
	"pixelda-wgpu/datasets/picture"
)

// LabelledFolder reads the images of side × side pixels in the folder name below dir, and, next to
// it, NAME_labels.txt with lines "FILE LABEL".
func LabelledFolder(dir, name string, side int) (*datasets.Set, error) {
	list := filepath.Join(dir, name+"_labels.txt")
	data, err := limits.ReadFile(list)
	if err != nil {
		return nil, err
	}
	files, labels, err := parseLabelList(data)
	if err != nil {
		return nil, origin.Errorf("%s: %w", list, err)
	}
	s := datasets.Set{
		Name: name, Width: side, Height: side, Channels: 3,
		Labels: labels, Classes: datasets.NumberedClasses(10),
	}.Of(make([]byte, len(files)*side*side*3))
	err = parallel.Try(len(files), func(i int) error {
		path := filepath.Join(dir, name, files[i])
		data, err := limits.ReadFile(path)
		if err != nil {
			return err
		}
		p, err := picture.Decode(data)
		if err == nil && (p.Width != side || p.Height != side) {
			err = fmt.Errorf("%dx%d pixels, not %dx%d", p.Width, p.Height, side, side)
		}
		if err != nil {
			return origin.Errorf("%s: %w", path, err)
		}
		copy(s.Image(i), p.WithChannels(3).Pixels)
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
