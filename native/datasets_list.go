package native

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"pixelda-wgpu/datasets"
	"pixelda-wgpu/native/internal/console"
)

// listed is one set of 'datasets list'.
type listed struct {
	Name     string   `json:"name"`
	About    string   `json:"about"`
	Ready    bool     `json:"ready"`              // it can be opened as things are
	Download string   `json:"download,omitempty"` // the name to download it by
	Home     string   `json:"home,omitempty"`
	Licence  string   `json:"licence,omitempty"`
	folders  []string // that it needs
}

func newList(c *console.Console) *cobra.Command {
	var data string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "list [FLAGS]",
		Short: "list the sets known by name, and which are here",
		Long:  "Lists the sets that are known by name, whether they are here, and their licences.",
		Args:  console.NoArguments,
		RunE: func(*cobra.Command, []string) error {
			sets := listSets(data)
			if asJSON {
				return c.JSON(sets)
			}
			var t console.Table
			t.Head(c, "Set", "images", "here", "licence")
			for _, s := range sets {
				here := "no"
				switch {
				case datasets.Generated(s.Name):
					here = "built in"
				case s.Ready:
					here = "yes"
				}
				t.Add(s.Name, s.About, here, s.Licence)
			}
			t.Print(c, "")
			c.Printf("\nDownload one with: pixelda-wgpu datasets download NAME\n")
			return nil
		},
	}
	dataFlag(cmd, &data)
	jsonFlag(cmd, &asJSON)
	return cmd
}

func listSets(data string) []listed {
	var sets []listed
	for _, k := range datasets.List() {
		l := listed{Name: k.Name, About: k.About, Ready: k.Found(data)}
		for _, r := range datasets.Remotes() {
			if r.Name != k.Name && r.Name+"-difference" != k.Name {
				continue
			}
			l.Download, l.Home, l.Licence = r.Name, r.Home, r.Licence
			l.folders = r.Needs
			if len(r.Sources) > 0 {
				l.folders = append(l.folders, r.Name)
			}
		}
		for _, folder := range l.folders {
			entries, err := os.ReadDir(filepath.Join(data, folder))
			l.Ready = l.Ready && err == nil && len(entries) > 0
		}
		sets = append(sets, l)
	}
	return sets
}

// setInfo is what 'datasets info' tells of a set.
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

type classInfo struct {
	Name   string         `json:"name"`
	Images map[string]int `json:"images"` // by split
}

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
	for _, k := range datasets.List() {
		if k.Name == spec {
			s, err := datasets.Open(spec, o)
			return []datasets.Domain{{Splits: s}}, err
		}
	}
	return datasets.OpenDomains(spec, o)
}

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

var splitNames = []string{"train", "valid", "test"}

// splitOf returns a split by name, which may be nil.
func splitOf(s datasets.Splits, name string) *datasets.Set {
	return map[string]*datasets.Set{"train": s.Train, "valid": s.Valid, "test": s.Test}[name]
}

// splitCounts writes how many images each split has.
func splitCounts(s datasets.Splits) string {
	var parts []string
	for _, name := range splitNames {
		if set := splitOf(s, name); set != nil {
			parts = append(parts, fmt.Sprintf("%d %s", set.Len(), name))
		}
	}
	return strings.Join(parts, ", ")
}

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
