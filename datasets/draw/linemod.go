package draw

import (
	"encoding/json"
	"fmt"
	"maps"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"gonum.org/v1/gonum/num/quat"

	"pixelda-wgpu/datasets/draw/render"
	"pixelda-wgpu/datasets/limits"
	"pixelda-wgpu/datasets/parallel"
	"pixelda-wgpu/datasets/read"
)

// lineModNames are the paper's objects by their numbers in BOP's LineMod. The paper leaves out the
// symmetric ones: bowl, cup, eggbox and glue.
var lineModNames = map[int]string{
	1: "ape", 2: "benchvise", 4: "cam", 5: "can", 6: "cat", 8: "driller",
	9: "duck", 12: "holepuncher", 13: "iron", 14: "lamp", 15: "phone",
}

// bopFile is BOP's name for the model of an object.
func bopFile(number int) string { return fmt.Sprintf("obj_%06d", number) }

// modelName names the object of a PLY file: by its BOP number, or after the file.
func modelName(file string) string {
	base := strings.TrimSuffix(path.Base(file), path.Ext(file))
	for number, name := range lineModNames {
		if base == bopFile(number) {
			return name
		}
	}
	return base
}

// isUnnamed recognises BOP's files of objects that the paper does not use.
func isUnnamed(name string) bool {
	digits, bop := strings.CutPrefix(name, "obj_")
	_, err := strconv.Atoi(digits)
	return bop && err == nil
}

// Convention says how the poses of other images relate to the CAD models: a point X of a model is
// at R·(Rz(Turn)·X + Offset) + (0, 0, Distance) in the camera's space, and in an image of 64 pixels
// at 32 + Scale·Distance·(x/z, y/z).
type Convention struct {
	Scale    float64 `json:"s_px_per_mm"`
	Distance float64 `json:"d_mm"`
	Objects  map[string]struct {
		Offset render.Vec `json:"offset_mm"`
		Turn   float64    `json:"model_rot_z_deg"`
		// Overlap is the mean intersection over union of silhouettes that the fit reached.
		Overlap float64 `json:"silhouette_iou_fine_heldout_mean"`
	} `json:"objects"`
}

const conventionSide = 64 // pixels, to which Scale refers

// ReadConvention reads a convention in JSON.
func ReadConvention(file string) (*Convention, error) {
	data, err := limits.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var c Convention
	if err := json.Unmarshal(data, &c); err != nil {
		return nil, origin.Errorf("%s: damaged convention of poses: %w", file, err)
	}
	if !(c.Scale > 0) || !(c.Distance > 0) || len(c.Objects) == 0 {
		return nil, origin.Errorf("%s: no convention of poses: it needs s_px_per_mm, d_mm and objects", file)
	}
	return &c, nil
}

// model is an object's model as the convention has it.
func (c *Convention) model(name string, mesh *render.Mesh) model {
	o := c.Objects[name]
	return model{mesh: mesh, turned: render.Turn(render.Vec{0, 0, 1}, o.Turn), offset: o.Offset}
}

// readModels reads the PLY models of the named objects; by default those of the paper or, failing
// that, all that are there, in the order of their names.
func readModels(from string, objects []string) ([]string, []*render.Mesh, error) {
	isModel := func(name string) bool { return strings.EqualFold(path.Ext(name), ".ply") }
	files, closer, err := read.ListFiles(from, isModel)
	if err == nil && len(files) == 0 { // perhaps they are still in the archive that was downloaded
		if archives, globErr := read.ListFolder(from, read.IsArchive); globErr == nil && len(archives) == 1 {
			closer()
			files, closer, err = read.ListFiles(filepath.Join(from, archives[0].Path), isModel)
		}
	}
	if err != nil {
		return nil, nil, err
	}
	defer closer()
	byName, err := oneFolder(files)
	if err != nil {
		return nil, nil, origin.Errorf("%s: %w", from, err)
	}
	if len(byName) == 0 {
		return nil, nil, origin.Errorf("%s: no PLY models", from)
	}
	names := slices.Clone(objects)
	if len(names) == 0 {
		names = slices.DeleteFunc(slices.Sorted(maps.Keys(byName)), isUnnamed)
	}
	if len(names) == 0 {
		names = slices.Sorted(maps.Keys(byName))
	}
	slices.Sort(names)
	meshes := make([]*render.Mesh, len(names))
	err = parallel.Try(len(names), func(i int) error {
		f, ok := byName[names[i]]
		if !ok {
			return origin.Errorf("%s: no model of %s; there are %s", from, names[i],
				strings.Join(slices.Sorted(maps.Keys(byName)), ", "))
		}
		r, err := f.Open()
		if err == nil {
			meshes[i], err = render.ReadPLY(r)
			_ = r.Close() // only read from
		}
		if err != nil {
			return origin.Errorf("%s: %s: %w", from, f.Path, err)
		}
		return nil
	})
	return names, meshes, err
}

// oneFolder maps the names of one folder's models to their files. BOP keeps the models in the
// folder models, and beside it those for evaluation, which have no colours.
func oneFolder(files []read.Entry) (map[string]read.Entry, error) {
	folders := map[string]map[string]read.Entry{}
	for _, f := range files {
		dir := path.Dir(f.Path)
		if folders[dir] == nil {
			folders[dir] = map[string]read.Entry{}
		}
		name := modelName(f.Path)
		if other, twice := folders[dir][name]; twice {
			return nil, fmt.Errorf("%s and %s are models of the same name", other.Path, f.Path)
		}
		folders[dir][name] = f
	}
	dirs := slices.Sorted(maps.Keys(folders))
	if len(dirs) > 1 {
		colour := slices.DeleteFunc(slices.Clone(dirs), func(dir string) bool { return path.Base(dir) != "models" })
		if len(colour) != 1 {
			return nil, fmt.Errorf("models lie in %s: give one of these folders", strings.Join(dirs, " and "))
		}
		dirs = colour
	}
	if len(dirs) == 0 {
		return nil, nil
	}
	return folders[dirs[0]], nil
}

// still is the identity: no turn.
var still = quat.Number{Real: 1}
