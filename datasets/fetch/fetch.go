//go:build !js

package fetch

import (
	"context"
	"crypto/md5"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/klauspost/compress/gzip"

	"pixelda-wgpu/datasets/limits"
)

// a check against damage where no better sum is published

// brokenError is a connection that broke midway.
type brokenError struct{ err error }

func (e *brokenError) Error() string { return "the connection broke: " + e.err.Error() }

// partial is the unfinished file, with a note of its URL and version.
type partial struct{ file, note string }

func (p partial) size() int64 {
	info, err := os.Stat(p.file)
	if err != nil {
		return 0
	}
	return info.Size()
}

func (p partial) remove() {
	os.Remove(p.file)
	os.Remove(p.note)
}

// version is what If-Range needs to continue a download from url, or "".
func (p partial) version(url string) string {
	note, _ := os.ReadFile(p.note)
	version, _ := strings.CutPrefix(string(note), url+"\n")
	if version == string(note) {
		return ""
	}
	return version
}

// get appends to the partial file what one request brings, or starts over if the server or a new
// version of the file requires it.
func (d *downloader) get(ctx context.Context, f RemoteFile, url, path string, part partial) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	req.Header.Set("Accept-Encoding", "identity") // .gz files must stay compressed
	req.Header.Set("User-Agent", "pixelda-wgpu")
	start := part.size()
	version := part.version(url)
	if start > 0 && version != "" {
		req.Header.Set("Range", fmt.Sprintf("bytes=%d-", start))
		req.Header.Set("If-Range", version)
	}
	resp, err := d.client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	switch {
	case resp.StatusCode == http.StatusOK:
		start = 0
	case resp.StatusCode == http.StatusPartialContent && strings.HasPrefix(resp.Header.Get("Content-Range"),
		fmt.Sprintf("bytes %d-", start)):
	case resp.StatusCode == http.StatusRequestedRangeNotSatisfiable &&
		resp.Header.Get("Content-Range") == fmt.Sprintf("bytes */%d", start):
		return nil // it was whole already
	default:
		part.remove()
		return fmt.Errorf("the server answers %s", resp.Status)
	}
	total := int64(0)
	if resp.ContentLength >= 0 {
		total = start + resp.ContentLength
		if f.Size > 0 && total != f.Size {
			return fmt.Errorf("the file has %d bytes there, it should have %d", total, f.Size)
		}
	}
	flags := os.O_WRONLY | os.O_CREATE | os.O_TRUNC
	if start > 0 {
		flags = os.O_WRONLY | os.O_APPEND
	}
	out, err := os.OpenFile(part.file, flags, 0o644)
	if err != nil {
		return err
	}
	note := url + "\n" + versionOf(resp)
	if err := os.WriteFile(part.note, []byte(note), 0o644); err != nil {
		out.Close()
		return err
	}
	err = d.copy(ctx, cancel, out, resp.Body, f.limit(), Progress{path, url, start, max(total, f.Size)})
	return errors.Join(err, out.Sync(), out.Close())
}

// versionOf is the response's strong validator, or "" if it has none.
func versionOf(resp *http.Response) string {
	if tag := resp.Header.Get("ETag"); tag != "" && !strings.HasPrefix(tag, "W/") {
		return tag
	}
	return resp.Header.Get("Last-Modified")
}

// limit is the most bytes that the file may have.
func (f RemoteFile) limit() int64 {
	if f.Size > 0 {
		return f.Size
	}
	return maxDownload
}

// copy moves the body into the file, reporting as it goes.
func (d *downloader) copy(ctx context.Context, cancel context.CancelCauseFunc, out io.Writer, body io.Reader,
	limit int64, p Progress) error {
	silent := fmt.Errorf("no data for %v", d.stall)
	watch := time.AfterFunc(d.stall, func() { cancel(silent) })
	defer watch.Stop()
	buf := make([]byte, 256<<10)
	for {
		n, err := body.Read(buf)
		watch.Reset(d.stall)
		if p.Done += int64(n); p.Done > limit {
			return fmt.Errorf("the server sends more than the %d bytes it should", limit)
		}
		if _, err := out.Write(buf[:n]); err != nil {
			return err
		}
		if n > 0 {
			d.progress(p)
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			if cause := context.Cause(ctx); cause != nil {
				err = cause
			}
			return &brokenError{err}
		}
	}
}

// verify checks a file against its known size and checksums.
func (f RemoteFile) verify(path string) error {
	in, err := os.Open(path)
	if err != nil {
		return err
	}
	defer in.Close()
	if info, err := in.Stat(); err != nil {
		return err
	} else if f.Size > 0 && info.Size() != f.Size {
		return fmt.Errorf("has %d bytes, not %d", info.Size(), f.Size)
	}
	sum, want := sha256.New(), f.SHA256
	switch {
	case f.SHA256 != "":
	case f.MD5 != "":
		sum, want = md5.New(), f.MD5
	case strings.HasSuffix(f.Path, ".gz"):
		z, err := gzip.NewReader(in)
		if err == nil {
			_, err = io.Copy(io.Discard, io.LimitReader(z, limits.SetBytes))
		}
		if err != nil {
			return fmt.Errorf("is damaged (%w)", err)
		}
		return nil
	}
	if _, err := io.Copy(sum, in); err != nil {
		return err
	}
	if got := hex.EncodeToString(sum.Sum(nil)); got != want {
		return fmt.Errorf("has the checksum %s, not %s", got, want)
	}
	return nil
}
