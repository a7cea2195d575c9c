package native

import (
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"pixelda-wgpu/datasets/draw"
	"pixelda-wgpu/datasets/fetch"
	"pixelda-wgpu/datasets/open"
	"pixelda-wgpu/native/internal/console"
)

// listed is a known set as 'datasets list' shows it.
type listed struct {
	Name     string   `json:"name"`
	About    string   `json:"about"`
	Ready    bool     `json:"ready"`              // it can be opened now
	Download string   `json:"download,omitempty"` // the name to download it by
	Home     string   `json:"home,omitempty"`
	Licence  string   `json:"licence,omitempty"`
	folders  []string // that it needs
}

// newList is the command 'datasets list'.
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
				case draw.Generated(s.Name):
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

// listSets lists the known sets, and looks in the data folder for their images.
func listSets(data string) []listed {
	var sets []listed
	for _, k := range open.List() {
		l := listed{Name: k.Name, About: k.About, Ready: k.Found(data)}
		for _, r := range fetch.Remotes() {
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
