//go:build !js

// Package fetch downloads the public sets, from several mirrors, and resumes interrupted downloads.
package fetch

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"pixelda-wgpu/gpu/fault"
)

// origin marks the errors of this package.
const origin fault.Origin = "datasets/fetch"

// Progress is the state of a download as reported to its callback.
type Progress struct {
	File  string // below the data folder
	URL   string
	Done  int64 // bytes
	Total int64 // bytes; 0: not known
}

// Download fetches a set that Remotes lists, with the sets it needs, into folders below dir. Files
// that are there already are verified and kept. An interrupted download continues at the next call.
// A file appears under its name only once it is complete and verified. progress may be nil.
func Download(ctx context.Context, name, dir string, progress func(Progress)) error {
	return newDownloader(progress).set(ctx, Remotes(), name, dir)
}

// maxDownload bounds files whose size is not known.
const maxDownload = 1 << 30

type downloader struct {
	client   *http.Client
	stall    time.Duration // a connection that brings nothing for this long is dead
	pause    time.Duration // before a connection is tried again
	progress func(Progress)
}

func newDownloader(progress func(Progress)) *downloader {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.DialContext = (&net.Dialer{Timeout: 15 * time.Second}).DialContext
	transport.TLSHandshakeTimeout = 15 * time.Second
	transport.ResponseHeaderTimeout = 30 * time.Second
	if progress == nil {
		progress = func(Progress) {}
	}
	return &downloader{&http.Client{Transport: transport}, 30 * time.Second, time.Second, progress}
}

func (d *downloader) set(ctx context.Context, remotes []Remote, name, dir string) error {
	var names []string
	for _, r := range remotes {
		if r.Name != name {
			names = append(names, r.Name)
			continue
		}
		for _, need := range r.Needs {
			if err := d.set(ctx, remotes, need, dir); err != nil {
				return err
			}
		}
		var failures []error
		for _, files := range r.Sources {
			if present(files, filepath.Join(dir, name)) {
				return d.files(ctx, files, filepath.Join(dir, name))
			}
		}
		for _, files := range r.Sources {
			err := d.files(ctx, files, filepath.Join(dir, name))
			if err == nil || ctx.Err() != nil {
				return err
			}
			failures = append(failures, err)
		}
		return errors.Join(failures...)
	}
	return origin.Errorf("nothing is known to download under the name %q: there are %s", name,
		strings.Join(names, ", "))
}

func present(files []RemoteFile, dir string) bool {
	for _, f := range files {
		if _, err := os.Stat(filepath.Join(dir, filepath.FromSlash(f.Path))); err != nil {
			return false
		}
	}
	return true
}

// files fetches those that are missing.
func (d *downloader) files(ctx context.Context, files []RemoteFile, dir string) error {
	for _, f := range files {
		path := filepath.Join(dir, filepath.FromSlash(f.Path))
		if _, err := os.Stat(path); err == nil {
			if err := f.verify(path); err != nil {
				return origin.Errorf("%s is there but %w: move it away to download it", path, err)
			}
			continue
		}
		if err := d.file(ctx, f, path); err != nil {
			return err
		}
	}
	return nil
}

// file tries the mirrors in turn.
func (d *downloader) file(ctx context.Context, f RemoteFile, path string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return origin.Errorf("%w", err)
	}
	var failures []string
	for _, url := range f.URLs {
		err := d.mirror(ctx, f, url, path)
		if err == nil {
			return nil
		}
		if ctx.Err() != nil {
			return origin.Errorf("%s: download interrupted: run it again to continue", path)
		}
		failures = append(failures, fmt.Sprintf("%s: %v", url, err))
	}
	return origin.Errorf("cannot download %s: %s", path, strings.Join(failures, "; "))
}

// mirror downloads from one URL. When a connection breaks it continues, as long as each attempt
// brings something.
func (d *downloader) mirror(ctx context.Context, f RemoteFile, url, path string) error {
	part := partial{path + ".part", path + ".part.from"}
	for {
		before := part.size()
		err := d.get(ctx, f, url, path, part)
		var broken *brokenError
		if errors.As(err, &broken) && part.size() > before && ctx.Err() == nil {
			select {
			case <-time.After(d.pause):
			case <-ctx.Done():
			}
			continue
		}
		if err != nil {
			return err
		}
		if err := f.verify(part.file); err != nil {
			part.remove()
			return err
		}
		if err := os.Rename(part.file, path); err != nil {
			return err
		}
		part.remove()
		return nil
	}
}
