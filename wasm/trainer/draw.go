//go:build js

package main

import (
	"encoding/binary"
	"fmt"
	"strconv"

	"pixelda-wgpu/datasets"
)

// drawElsewhere is a datasets.Drawer that has this program's copies in other
// workers draw a share each, since a browser's program has one thread.
func drawElsewhere(name string, seed uint64, from, n int) (*datasets.Set, error) {
	first, err := datasets.Draw(name, seed, from, 1) // its shape
	if err != nil || n <= 1 {
		return first, err
	}
	shares, err := await(host.Call("draw", name, strconv.FormatUint(seed, 10), from, n))
	if err != nil {
		return nil, fmt.Errorf("datasets: %s: %w", name, err)
	}
	s := *first
	s.Pixels, s.Labels = nil, nil
	for i := range shares.Length() {
		s.Pixels = append(s.Pixels, goBytes(shares.Index(i).Index(0))...)
		labels := goBytes(shares.Index(i).Index(1))
		for ; len(labels) >= 4; labels = labels[4:] {
			s.Labels = append(s.Labels, binary.LittleEndian.Uint32(labels))
		}
	}
	if s.Len() != n || len(s.Labels) != n {
		return nil, fmt.Errorf("datasets: %s: %d of %d images were drawn", name, s.Len(), n)
	}
	return &s, nil
}

// drawShare is what a copy does: it draws its share and ends.
func drawShare(name, seed string, from, n int) {
	number, err := strconv.ParseUint(seed, 10, 64)
	if err != nil {
		panic(err) // the text is drawElsewhere's
	}
	s, err := datasets.Draw(name, number, from, n)
	if err != nil {
		panic(err) // it knew the name
	}
	var labels []byte
	for _, label := range s.Labels {
		labels = binary.LittleEndian.AppendUint32(labels, label)
	}
	host.Call("drawn", jsBytes(s.Pixels), jsBytes(labels))
}
