package native

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"pixelda-wgpu/datasets"
	"pixelda-wgpu/datasets/open"
	"pixelda-wgpu/native/internal/console"
)

// setInfo is what 'datasets info' says about a set.
type setInfo struct {
	Name        string         `json:"name,omitempty"` // of the domain, where there are several
	Origin      string         `json:"origin"`
	Width       int            `json:"width"`
	Height      int            `json:"height"`
	Channels    int            `json:"channels"`
	Poses       bool           `json:"poses"`
	Images      map[string]int `json:"images"`  // by split
	Classes     []classInfo    `json:"classes"` // none where unlabelled
	Fingerprint string         `json:"fingerprint"`
	splits      datasets.Splits
}

// classInfo is a class of a set.
type classInfo struct {
	Name   string         `json:"name"`
	Images map[string]int `json:"images"` // by split
}

// newSetInfo is the command 'datasets info'.
func newSetInfo(c *console.Console) *cobra.Command {
	var f setFlags
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "info SET [FLAGS]",
		Short: "print a set's size, classes and fingerprint",
		Long: `Opens a set and prints how many images it has and of what form, how they are
spread over classes and splits, and the fingerprint by which runs recognise it.`,
		Example: `pixelda-wgpu datasets info mnist
pixelda-wgpu datasets info office.zip         all domains in a file
pixelda-wgpu datasets info digits -json`,
		Args: console.Arguments(1, "one set"),
		RunE: func(_ *cobra.Command, args []string) error {
			domains, err := openAll(args[0], f.options())
			if err != nil {
				return err
			}
			var infos []setInfo
			for _, d := range domains {
				infos = append(infos, describeSet(d))
			}
			if asJSON {
				return c.JSON(infos)
			}
			for i, info := range infos {
				if i > 0 {
					c.Printf("\n")
				}
				info.print(c)
			}
			return nil
		},
	}
	f.add(cmd)
	jsonFlag(cmd, &asJSON)
	return cmd
}

// openAll opens a known set, or all domains of a path.
func openAll(spec string, o datasets.Options) ([]datasets.Domain, error) {
	for _, k := range open.List() {
		if k.Name == spec {
			s, err := open.Splits(spec, o)
			return []datasets.Domain{{Splits: s}}, err
		}
	}
	return open.Domains(spec, o)
}

// describeSet counts the images of a set by class and split.
func describeSet(d datasets.Domain) setInfo {
	t := d.Train
	info := setInfo{
		Name: d.Name, Origin: d.Origin, Width: t.Width, Height: t.Height, Channels: t.Channels, Poses: t.Poses != nil,
		Images: map[string]int{}, Classes: []classInfo{}, Fingerprint: d.Fingerprint(), splits: d.Splits,
	}
	for _, class := range t.Classes {
		info.Classes = append(info.Classes, classInfo{class, map[string]int{}})
	}
	for _, split := range splitNames {
		set := splitOf(d.Splits, split)
		if set == nil {
			continue
		}
		info.Images[split] = set.Len()
		for _, label := range set.Labels {
			info.Classes[label].Images[split]++
		}
	}
	return info
}

// print writes a table of the set, and one of its classes.
func (i setInfo) print(c *console.Console) {
	t := console.Table{}
	if i.Name != "" {
		t.Add("domain", i.Name)
	}
	t.Add("origin", i.Origin)
	t.Add("form", fmt.Sprintf("%d×%d, %s", i.Width, i.Height, channelsString(i.Channels)))
	if i.Poses {
		t.Add("poses", "one an image")
	}
	t.Add("images", splitCounts(i.splits))
	t.Add("fingerprint", i.Fingerprint)
	if len(i.Classes) == 0 {
		t.Add("classes", "none: unlabelled")
	} else {
		t.Add("classes", fmt.Sprint(len(i.Classes)))
	}
	t.Print(c, "")
	if len(i.Classes) == 0 {
		return
	}
	var present []string
	for _, split := range splitNames {
		if splitOf(i.splits, split) != nil {
			present = append(present, split)
		}
	}
	classes := console.Table{Align: "l" + strings.Repeat("r", len(present))}
	classes.Head(c, append([]string{"Class"}, present...)...)
	for _, class := range i.Classes {
		row := []string{class.Name}
		for _, split := range present {
			row = append(row, fmt.Sprint(class.Images[split]))
		}
		classes.Add(row...)
	}
	c.Printf("\n")
	classes.Print(c, "")
}

// channelsString names what a pixel holds.
func channelsString(n int) string {
	switch n {
	case 1:
		return "grey"
	case 3:
		return "RGB"
	case 4:
		return "RGB and depth"
	}
	return console.Count(n, "channel")
}
