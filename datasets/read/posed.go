package read

import (
	"errors"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"pixelda-wgpu/datasets"
	"pixelda-wgpu/datasets/picture"
)

// Folders of images with poses, which is how Cropped LineMod and its synthetic renders are kept, have
// a text per class in addition to what other folders have:
//
//	[domain/][train|valid|test/]class/poses.txt     see readPoses
//	                            class/NAME.png      or, with depth,
//	                            class/rgb/NAME.png
//	                            class/depth/NAME.png
//	[domain/]training_split.txt                     see readIndices
//
// Depth images are grey PNGs: of 8 bits as in a Set (255 is far), or of 16 bits in millimetres, 0
// where there is no reading. Of the latter, only depths within a cube of 40 cm around the object are
// distinguished (see picture.DepthByte). Its middle is the distance that the pose states, or else the
// median of the readings in the middle quarter of the image, which is on the object's near side.
//
// training_split.txt lists the training images of each class below it, by their positions in
// poses.txt, counted from 0; the others are test images.
const (
	poseFile  = "poses.txt"
	splitFile = "training_split.txt"
	rgbDir    = "rgb"
	depthDir  = "depth"
)

// isDescription tells whether a file describes images.
func isDescription(name string) bool {
	base := path.Base(name)
	return base == poseFile || base == splitFile
}

// imageFile is an image with everything that belongs to it.
type imageFile struct {
	Entry
	layered  bool           // it is in the folder rgb of its class
	depth    *Entry         // nil: none
	pose     *datasets.Pose // nil: none
	distance float64
	split    string // that a list states, or ""
}

// posedClass is the poses of one class folder.
type posedClass struct {
	text   Entry
	poses  map[string]posedLine // by the image's name
	images map[string]bool      // that were found
}

// collect matches images with what describes them.
func collect(files []Entry) ([]imageFile, error) {
	classes, lists, err := readDescriptions(files)
	if err != nil {
		return nil, err
	}
	var images []imageFile
	depths := map[string]*Entry{} // by class folder and name without its ending
	for i, f := range files {
		switch {
		case isDescription(f.Path):
		case len(classes) == 0:
			images = append(images, imageFile{Entry: f})
		default:
			dir, name := path.Split(f.Path)
			dir = path.Clean(dir)
			layered := classes[path.Dir(dir)] != nil
			if layered {
				layer := path.Base(dir)
				dir = path.Dir(dir)
				if layer == depthDir {
					depths[stem(dir, name)] = &files[i]
				}
				if layer != rgbDir {
					continue // depth, or masks and the like
				}
			}
			class := classes[dir]
			if class == nil {
				return nil, fmt.Errorf("%s has no %s in its folder, as others have", f.Path, poseFile)
			}
			line, ok := class.poses[name]
			if !ok {
				return nil, fmt.Errorf("%s has no pose in %s", f.Path, class.text.Path)
			}
			class.images[name] = true
			pose := line.pose
			images = append(images, imageFile{Entry: f, layered: layered, pose: &pose, distance: line.distance})
		}
	}
	for _, dir := range slices.Sorted(maps.Keys(classes)) {
		if err := classes[dir].complete(); err != nil {
			return nil, err
		}
	}
	if err := attachDepth(images, depths); err != nil {
		return nil, err
	}
	return images, attachSplits(images, classes, lists)
}

// complete reports the first image that has a pose but is missing.
func (c *posedClass) complete() error {
	first := ""
	for name, line := range c.poses {
		if !c.images[name] && (first == "" || line.number < c.poses[first].number) {
			first = name
		}
	}
	if first == "" {
		return nil
	}
	return fmt.Errorf("%s, line %d: the image %s is missing", c.text.Path, c.poses[first].number, first)
}

// stem is what an image and its depth have in common.
func stem(dir, name string) string { return dir + "/" + strings.TrimSuffix(name, path.Ext(name)) }

// classDir is the folder of the image's class.
func (f *imageFile) classDir() string {
	dir := path.Dir(f.Path)
	if f.layered {
		dir = path.Dir(dir)
	}
	return dir
}

func attachDepth(images []imageFile, depths map[string]*Entry) error {
	if len(depths) == 0 {
		return nil
	}
	for i := range images {
		key := stem(images[i].classDir(), path.Base(images[i].Path))
		if images[i].depth = depths[key]; images[i].depth == nil {
			return fmt.Errorf("%s has no depth image, as others have", images[i].Path)
		}
		delete(depths, key)
	}
	for _, left := range slices.Sorted(maps.Keys(depths)) {
		return fmt.Errorf("%s is the depth of no image", depths[left].Path)
	}
	return nil
}

// attachSplits records what the lists of training images say.
func attachSplits(images []imageFile, classes map[string]*posedClass, lists map[string][]int) error {
	for i := range images {
		f := &images[i]
		class := classes[f.classDir()]
		for dir := path.Dir(f.Path); ; dir = path.Dir(dir) {
			if list, ok := lists[dir]; ok {
				if class == nil {
					return fmt.Errorf("%s lists images by their order in %s, which %s does not have",
						path.Join(dir, splitFile), poseFile, f.Path)
				}
				if last := list[len(list)-1]; last >= len(class.poses) {
					return fmt.Errorf("%s lists image %d, but %s has %d", path.Join(dir, splitFile), last,
						class.text.Path, len(class.poses))
				}
				f.split = "test"
				if _, found := slices.BinarySearch(list, class.poses[path.Base(f.Path)].index); found {
					f.split = "train"
				}
				break
			}
			if dir == "." || dir == "/" {
				break
			}
		}
	}
	return nil
}

// readDescriptions reads all poses and lists of training images, by folder.
func readDescriptions(files []Entry) (map[string]*posedClass, map[string][]int, error) {
	classes, lists := map[string]*posedClass{}, map[string][]int{}
	for _, f := range files {
		if !isDescription(f.Path) {
			continue
		}
		data, err := f.read()
		if err != nil {
			return nil, nil, fmt.Errorf("%s: %w", f.Path, err)
		}
		dir := path.Dir(f.Path)
		if path.Base(f.Path) == splitFile {
			lists[dir], err = readIndices(data)
		} else {
			var poses map[string]posedLine
			poses, err = readPoses(data)
			classes[dir] = &posedClass{text: f, poses: poses, images: map[string]bool{}}
		}
		if err != nil {
			return nil, nil, fmt.Errorf("%s, %w", f.Path, err)
		}
	}
	if len(classes) == 0 && len(lists) > 0 {
		return nil, nil, errors.New(splitFile + " without " + poseFile)
	}
	return classes, lists, nil
}

// decode reads the image, with its depth unless that is not wanted.
func (f *imageFile) decode(flat bool) (picture.Picture, error) {
	data, err := f.read()
	if err != nil {
		return picture.Picture{}, err
	}
	p, err := picture.Decode(data)
	if err != nil || f.depth == nil || flat {
		return p, err
	}
	if data, err = f.depth.read(); err == nil {
		data, err = picture.DecodeDepth(data, p.Width, p.Height, f.distance)
	}
	if err != nil {
		return picture.Picture{}, fmt.Errorf("%s: %w", f.depth.Path, err)
	}
	return p.WithChannels(3).WithDepth(data), nil
}
