package native

import (
	"context"
	"io/fs"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"syscall"

	"github.com/spf13/cobra"

	"pixelda-wgpu/datasets/fetch"
	"pixelda-wgpu/native/internal/console"
)

// newDownload is the command 'datasets download'.
func newDownload(c *console.Console) *cobra.Command {
	var data string
	cmd := &cobra.Command{
		Use:   "download NAME... [FLAGS]",
		Short: "fetch public sets, verified, from several mirrors",
		Long: `Downloads sets, and those that they are made from, into folders within the data
folder. Every file is verified by its checksum. What is there already is kept,
and an interrupted download is continued; a file gets its name only when it is
complete. Each set has its own licence.`,
		Example: `pixelda-wgpu datasets download mnist usps
pixelda-wgpu datasets download mnist-m -data /srv/data`,
		Args:      console.Arguments(-1, "the names of sets; 'pixelda-wgpu datasets list' shows them"),
		ValidArgs: remoteNames(),
		RunE: func(_ *cobra.Command, names []string) error {
			ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
			defer stop()
			for _, name := range names {
				if err := download(ctx, c, name, data); err != nil {
					return err
				}
			}
			return nil
		},
	}
	dataFlag(cmd, &data)
	return cmd
}

// remoteNames are the names of the sets that can be downloaded.
func remoteNames() []string {
	var names []string
	for _, r := range fetch.Remotes() {
		names = append(names, r.Name)
	}
	return names
}

// download fetches a set, shows the progress of each file, and finally says what is there.
func download(ctx context.Context, c *console.Console, name, data string) error {
	var p *console.Progress
	file := ""
	err := fetch.Download(ctx, name, data, func(at fetch.Progress) {
		if at.File != file {
			if p != nil {
				p.Erase()
			}
			file = at.File
			p = c.Progress(filepath.Base(file), "bytes", at.Done, at.Total)
		}
		p.Set(at.Done, "")
	})
	if p != nil {
		p.Erase()
	}
	if err != nil {
		return err
	}
	remotes := fetch.Remotes()
	set := remotes[slices.IndexFunc(remotes, func(r fetch.Remote) bool { return r.Name == name })]
	for _, need := range append(set.Needs, name) {
		folder := filepath.Join(data, need)
		if files, bytes, err := measure(folder); err != nil {
			return err
		} else if files > 0 {
			c.Printf("%s: %s, %s\n", folder, console.Count(files, "file"), console.Bytes(bytes))
		}
	}
	c.Printf("%s; licence: %s\n", set.Title, set.Licence)
	return nil
}

// measure counts the files below a folder. A folder that does not exist has none.
func measure(folder string) (files int, bytes uint64, err error) {
	err = filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		if os.IsNotExist(err) && path == folder {
			return fs.SkipAll
		}
		if err != nil || entry.IsDir() {
			return err
		}
		info, err := entry.Info()
		if err == nil {
			files, bytes = files+1, bytes+uint64(info.Size())
		}
		return err
	})
	return files, bytes, err
}
