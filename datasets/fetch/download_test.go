package fetch

import (
	"bytes"
	"context"
	"crypto/md5"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"pixelda-wgpu/datasets/settest"
)

// server is a mirror that behaves as told, and notes what it was asked.
type server struct {
	*httptest.Server
	requests []http.Header
}

func newServer(t *testing.T, handle func(n int, w http.ResponseWriter, r *http.Request)) *server {
	s := &server{}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.requests = append(s.requests, r.Header.Clone())
		handle(len(s.requests), w, r)
	}))
	t.Cleanup(s.Close)
	return s
}

// serve answers as a good server does, ranges included.
func serve(w http.ResponseWriter, r *http.Request, body []byte, tag string) {
	w.Header().Set("ETag", tag)
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(body))
}

func payload() []byte { return bytes.Repeat([]byte("0123456789abcdef"), 40000) }

func sha(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

func remote(body []byte, urls ...string) []Remote {
	return []Remote{{Name: "x", Sources: [][]RemoteFile{{{Path: "sub/f.bin", Size: int64(len(body)), SHA256: sha(body),
		URLs: urls}}}}}
}

func testDownloader() *downloader {
	d := newDownloader(nil)
	d.stall, d.pause = 2*time.Second, time.Millisecond
	return d
}

// wantFile checks that the file is whole and that nothing else lies beside it.
func wantFile(t *testing.T, dir string, body []byte) {
	t.Helper()
	got, err := os.ReadFile(filepath.Join(dir, "x/sub/f.bin"))
	if err != nil || !bytes.Equal(got, body) {
		t.Fatalf("read %d bytes, want %d: %v", len(got), len(body), err)
	}
	if names, _ := filepath.Glob(filepath.Join(dir, "x/sub/*")); len(names) != 1 {
		t.Errorf("left behind: %v", names)
	}
}

func TestDownloadResumes(t *testing.T) {
	body, dir := payload(), t.TempDir()
	s := newServer(t, func(n int, w http.ResponseWriter, r *http.Request) {
		if n == 1 { // breaks after a third
			w.Header().Set("ETag", `"v1"`)
			w.Header().Set("Content-Length", fmt.Sprint(len(body)))
			w.Write(body[:len(body)/3])
			return
		}
		serve(w, r, body, `"v1"`)
	})
	d := testDownloader()
	var done []int64
	d.progress = func(p Progress) {
		if p.Total != int64(len(body)) {
			t.Errorf("total %d", p.Total)
		}
		done = append(done, p.Done)
	}
	if err := d.set(context.Background(), remote(body, s.URL), "x", dir); err != nil {
		t.Fatal(err)
	}
	wantFile(t, dir, body)
	if len(s.requests) != 2 || s.requests[1].Get("Range") != fmt.Sprintf("bytes=%d-", len(body)/3) ||
		s.requests[1].Get("If-Range") != `"v1"` {
		t.Errorf("requests: %v", s.requests)
	}
	if done[len(done)-1] != int64(len(body)) {
		t.Errorf("progress ended at %d", done[len(done)-1])
	}
	// Once there, it is verified and not fetched again.
	if err := d.set(context.Background(), remote(body, s.URL), "x", dir); err != nil || len(s.requests) != 2 {
		t.Errorf("second call: %v, %d requests", err, len(s.requests))
	}
}

func TestDownloadResumesAfterInterruption(t *testing.T) {
	body, dir := payload(), t.TempDir()
	ctx, cancel := context.WithCancel(context.Background())
	s := newServer(t, func(n int, w http.ResponseWriter, r *http.Request) {
		if n == 1 {
			w.Header().Set("ETag", `"v1"`)
			w.Header().Set("Content-Length", fmt.Sprint(len(body)))
			w.Write(body[:100])
			w.(http.Flusher).Flush()
			<-r.Context().Done()
			return
		}
		serve(w, r, body, `"v1"`)
	})
	d := testDownloader()
	d.progress = func(Progress) { cancel() }
	err := d.set(ctx, remote(body, s.URL, s.URL), "x", dir)
	if err == nil || !strings.Contains(err.Error(), "run it again to continue") {
		t.Fatalf("interrupted: %v", err)
	}
	if _, err := os.Stat(filepath.Join(dir, "x/sub/f.bin")); err == nil {
		t.Fatal("a part lies under the final name")
	}
	d.progress = func(Progress) {}
	if err := d.set(context.Background(), remote(body, s.URL), "x", dir); err != nil {
		t.Fatal(err)
	}
	wantFile(t, dir, body)
	if s.requests[1].Get("Range") != "bytes=100-" {
		t.Errorf("did not resume: %v", s.requests[1])
	}
}

// When the file changed in between, If-Range makes the server send all of it;
// the same happens with a server that knows no ranges.
func TestDownloadStartsAnewWhereItMust(t *testing.T) {
	body := payload()
	for name, second := range map[string]func(w http.ResponseWriter, r *http.Request){
		"changed":   func(w http.ResponseWriter, r *http.Request) { serve(w, r, body, `"v2"`) },
		"no ranges": func(w http.ResponseWriter, r *http.Request) { w.Write(body) },
	} {
		dir := t.TempDir()
		s := newServer(t, func(n int, w http.ResponseWriter, r *http.Request) {
			if n == 1 {
				w.Header().Set("ETag", `"v1"`)
				w.Header().Set("Content-Length", fmt.Sprint(len(body)))
				w.Write(bytes.Repeat([]byte("x"), 1000))
				return
			}
			second(w, r)
		})
		if err := testDownloader().set(context.Background(), remote(body, s.URL), "x", dir); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		wantFile(t, dir, body)
	}
}

func TestDownloadTakesTheNextMirror(t *testing.T) {
	body := payload()
	good := newServer(t, func(_ int, w http.ResponseWriter, r *http.Request) { serve(w, r, body, `"g"`) })
	gone := httptest.NewServer(nil)
	gone.Close()
	for name, bad := range map[string]string{
		"404": newServer(t, func(_ int, w http.ResponseWriter, r *http.Request) { http.NotFound(w, r) }).URL,
		"bad hash": newServer(t, func(_ int, w http.ResponseWriter, r *http.Request) {
			serve(w, r, append([]byte("!"), body[1:]...), `"b"`)
		}).URL,
		"too short": newServer(t, func(_ int, w http.ResponseWriter, r *http.Request) {
			serve(w, r, body[1:], `"b"`)
		}).URL,
		"too long, size not told": newServer(t, func(_ int, w http.ResponseWriter, r *http.Request) {
			w.Write(body)
			w.(http.Flusher).Flush()
			w.Write(body)
		}).URL,
		"truncated, always at the start": newServer(t, func(_ int, w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Length", fmt.Sprint(len(body)))
			panic(http.ErrAbortHandler)
		}).URL,
		"truncated, size not told": newServer(t, func(_ int, w http.ResponseWriter, r *http.Request) {
			w.Write(body[:100])
			w.(http.Flusher).Flush()
		}).URL,
		"silent": newServer(t, func(_ int, w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Length", fmt.Sprint(len(body)))
			w.WriteHeader(http.StatusOK)
			w.(http.Flusher).Flush()
			<-r.Context().Done()
		}).URL,
		"unreachable": gone.URL,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			if err := testDownloader().set(context.Background(), remote(body, bad, good.URL), "x", dir); err != nil {
				t.Fatal(err)
			}
			wantFile(t, dir, body)
		})
	}
}

func TestDownloadErrors(t *testing.T) {
	body := payload()
	bad := newServer(t, func(_ int, w http.ResponseWriter, r *http.Request) { serve(w, r, body[1:], `"b"`) })
	gone := newServer(t, func(_ int, w http.ResponseWriter, r *http.Request) { http.NotFound(w, r) })
	dir := t.TempDir()
	err := testDownloader().set(context.Background(), remote(body, bad.URL, gone.URL), "x", dir)
	if err == nil || !strings.Contains(err.Error(), "639999 bytes there, it should have 640000") ||
		!strings.Contains(err.Error(), "404 Not Found") {
		t.Errorf("no mirror works: %v", err)
	}
	if _, err := os.Stat(filepath.Join(dir, "x/sub/f.bin")); err == nil {
		t.Error("a file lies under the final name")
	}
	if err := testDownloader().set(context.Background(), remote(body), "y", dir); err == nil ||
		!strings.Contains(err.Error(), "there are x") {
		t.Errorf("unknown name: %v", err)
	}
	os.WriteFile(filepath.Join(dir, "x/sub/f.bin"), []byte("mine"), 0o644)
	err = testDownloader().set(context.Background(), remote(body, bad.URL), "x", dir)
	if err == nil || !strings.Contains(err.Error(), "is there but has 4 bytes") {
		t.Errorf("another file is there: %v", err)
	}
	if b, _ := os.ReadFile(filepath.Join(dir, "x/sub/f.bin")); string(b) != "mine" {
		t.Error("it was overwritten")
	}
}

func TestDownloadUsesNeedsAndAlternatives(t *testing.T) {
	zip := settest.Gzipped([]byte("hello"))
	sum := md5.Sum([]byte("b"))
	s := newServer(t, func(_ int, w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/a.gz":
			w.Write(zip)
		case "/b":
			w.Write([]byte("b"))
		default:
			http.NotFound(w, r)
		}
	})
	remotes := []Remote{
		{Name: "whole", Needs: []string{"part"}},
		{Name: "part", Sources: [][]RemoteFile{
			{{Path: "c", URLs: []string{s.URL + "/c"}}},
			{{Path: "a.gz", URLs: []string{s.URL + "/a.gz"}},
				{Path: "b", MD5: hex.EncodeToString(sum[:]), URLs: []string{s.URL + "/b"}}},
		}},
	}
	dir := t.TempDir()
	for range 2 { // the second call finds the alternative present
		if err := testDownloader().set(context.Background(), remotes, "whole", dir); err != nil {
			t.Fatal(err)
		}
	}
	if len(s.requests) != 3 {
		t.Errorf("%d requests, want 3", len(s.requests))
	}
	os.WriteFile(filepath.Join(dir, "part/a.gz"), zip[:len(zip)-1], 0o644)
	if err := testDownloader().set(context.Background(), remotes, "whole", dir); err == nil ||
		!strings.Contains(err.Error(), "is damaged") {
		t.Errorf("damaged gzip: %v", err)
	}
}

// Every file must be checkable, and known to Open's error for missing sets.
func TestRemotesAreComplete(t *testing.T) {
	seen := map[string]bool{}
	for _, r := range Remotes() {
		seen[r.Name] = true
		if r.Title == "" || r.Licence == "" || r.Home == "" || len(r.Sources)+len(r.Needs) == 0 {
			t.Errorf("%s: incomplete", r.Name)
		}
		for _, need := range r.Needs {
			if !seen[need] {
				t.Errorf("%s needs %s, which is not listed before it", r.Name, need)
			}
		}
		for _, files := range r.Sources {
			for _, f := range files {
				if len(f.URLs) == 0 || len(f.SHA256) != 64 && len(f.MD5) != 32 && !strings.HasSuffix(f.Path, ".gz") {
					t.Errorf("%s: %s cannot be fetched or verified", r.Name, f.Path)
				}
			}
		}
	}
	if n := len(bsdsPhotos()); n != 200 {
		t.Errorf("%d photographs, not 200", n)
	}
	for _, name := range []string{"mnist", "usps", "bsds500", "mnist-m"} {
		if !seen[name] {
			t.Errorf("%s is not listed", name)
		}
	}
}
