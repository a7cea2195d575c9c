package read

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"gonum.org/v1/gonum/num/quat"

	"pixelda-wgpu/datasets"
)

// posedLine is what the text says about one image.
type posedLine struct {
	pose     datasets.Pose
	distance float64 // of the object's origin from the camera, mm; 0: not stated
	index    int     // its place in the text, from 0
	number   int     // the line that names it, from 1
}

// readPoses reads a text of poses: for each image a line "# NAME.png", then a line with its unit
// quaternion "w x y z" and optionally the distance of the object's origin in millimetres. Errors
// begin with the line number.
func readPoses(text []byte) (map[string]posedLine, error) {
	poses := map[string]posedLine{}
	name, number, named := "", 0, 0
	for line := range bytes.Lines(text) {
		number++
		fields := strings.Fields(string(line))
		if len(fields) == 0 {
			continue
		}
		if rest, head := strings.CutPrefix(strings.TrimSpace(string(line)), "#"); head {
			if name != "" {
				return nil, fmt.Errorf("line %d: no pose follows %s", named, name)
			}
			named = number
			if name = strings.TrimSpace(rest); name == "" || strings.ContainsAny(name, `/\`) {
				return nil, fmt.Errorf("line %d: %q is no image's name", number, name)
			}
			if first, twice := poses[name]; twice {
				return nil, fmt.Errorf("line %d: %s has a pose already, in line %d", number, name, first.number)
			}
			continue
		}
		if name == "" {
			return nil, fmt.Errorf(`line %d: a pose without a line "# NAME.png" before it`, number)
		}
		at := posedLine{index: len(poses), number: named}
		if err := at.parse(fields); err != nil {
			return nil, fmt.Errorf("line %d: %w", number, err)
		}
		poses[name] = at
		name = ""
	}
	if name != "" {
		return nil, fmt.Errorf("line %d: no pose follows %s", named, name)
	}
	if len(poses) == 0 {
		return nil, errors.New("line 1: no poses")
	}
	return poses, nil
}

func (l *posedLine) parse(fields []string) error {
	if len(fields) != 4 && len(fields) != 5 {
		return fmt.Errorf("%d numbers; want a quaternion w x y z, and perhaps a distance", len(fields))
	}
	var v [5]float64
	for k, field := range fields {
		var err error
		if v[k], err = strconv.ParseFloat(field, 64); err != nil || math.IsNaN(v[k]) || math.IsInf(v[k], 0) {
			return fmt.Errorf("%q is no number", field)
		}
	}
	q := quat.Number{Real: v[0], Imag: v[1], Jmag: v[2], Kmag: v[3]}
	if norm := quat.Abs(q); math.Abs(norm-1) > datasets.PoseTolerance {
		return fmt.Errorf("the quaternion %s has the norm %.4g, not 1", strings.Join(fields[:4], " "), norm)
	}
	if len(fields) == 5 && !(v[4] > 0) {
		return fmt.Errorf("a distance of %s mm", fields[4])
	}
	l.pose, l.distance = datasets.NewPose(q), v[4]
	return nil
}

// readIndices reads numbers counted from 0, separated by commas, spaces or newlines, and returns
// them in order.
func readIndices(text []byte) ([]int, error) {
	var all []int
	number := 0
	for line := range bytes.Lines(text) {
		number++
		for _, word := range strings.FieldsFunc(string(line), func(r rune) bool {
			return strings.ContainsRune(", \t\r\n", r)
		}) {
			i, err := strconv.Atoi(word)
			if err != nil || i < 0 {
				return nil, fmt.Errorf("line %d: %q is no number of an image", number, word)
			}
			all = append(all, i)
		}
	}
	if len(all) == 0 {
		return nil, errors.New("line 1: no images are listed")
	}
	slices.Sort(all)
	if short := slices.Compact(slices.Clone(all)); len(short) < len(all) {
		return nil, errors.New("line 1: an image is listed twice")
	}
	return all, nil
}
