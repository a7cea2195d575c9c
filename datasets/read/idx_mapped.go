package read

import (
	"errors"
	"io"
	"os"

	"pixelda-wgpu/datasets"
	"pixelda-wgpu/datasets/limits"
	"pixelda-wgpu/datasets/mapped"
)

// openIDXImages opens the images of an idx file. They are mapped if the file holds them the way a
// Set does, that is, if it is a plain file of bytes on a system that maps files. Such a file has no
// checksum: all that can be checked is that its length matches its header.
func openIDXImages(name string, r io.Reader) (*datasets.Set, error) {
	if f, ok := r.(*os.File); ok {
		a, err := mapIDX(name, f)
		if err == nil {
			return a.images(name)
		}
		if !errors.Is(err, mapped.ErrNoMapping) {
			return nil, err
		}
	}
	return IDX(name, r, nil)
}

// mapIDX maps a plain idx file of bytes. mapped.ErrNoMapping means that it has to be read instead,
// from where the file was before.
func mapIDX(name string, f *os.File) (*idxArray, error) {
	info, err := f.Stat()
	if err != nil || !info.Mode().IsRegular() {
		return nil, mapped.ErrNoMapping
	}
	var magic [4]byte
	if _, err := f.ReadAt(magic[:], 0); err != nil || magic[0] != 0 || magic[1] != 0 || magic[2] != idxByte {
		return nil, mapped.ErrNoMapping
	}
	_, dims, size, err := readIDXHeader(name, io.NewSectionReader(f, 0, info.Size()), limits.MappedBytes, idxByte)
	if err != nil {
		return nil, err
	}
	head := int64(4 + 4*len(dims))
	switch is := info.Size() - head; {
	case is < size:
		return nil, shortRead(name, is, size, io.ErrUnexpectedEOF)
	case is > size:
		return nil, goesOn(name, size)
	}
	data, err := mapped.File(name, f, info.Size())
	if err != nil {
		return nil, err
	}
	return &idxArray{dims, data[head:], true}, nil
}
