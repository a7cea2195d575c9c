// Package web holds the built page for programs that serve it. The build tag
// page includes it, once `make web` has built it into web/dist.
package web

import (
	"embed"
	"io/fs"

	"pixelda-wgpu/gpu/fault"
)

// origin marks the errors of this package.
const origin fault.Origin = "web"

// ErrNoPage is the error of a program that was built without the page.
var ErrNoPage = origin.Errorf("this program was built without the page; 'make serve' builds one with it")

// Page returns the page's files, index.html at the root.
func Page() (fs.FS, error) { return page(built) }

func page(built embed.FS) (fs.FS, error) {
	root, err := fs.Sub(built, "dist")
	if err != nil {
		return nil, err
	}
	if _, err := fs.Stat(root, "index.html"); err != nil {
		return nil, ErrNoPage
	}
	return root, nil
}
