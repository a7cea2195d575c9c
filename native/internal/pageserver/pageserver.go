// Package pageserver serves the page that trains in a browser.
package pageserver

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strings"
	"sync"
	"time"
)

// Server serves the page's files, compressed for clients that accept that, and packed sets beside
// them. A file keeps its address from build to build, so browsers ask again each time, and the hash
// of the content tells them whether their copy is still current.
type Server struct {
	Page, Sets fs.FS // Sets may be nil

	mu     sync.Mutex
	assets map[string]*asset // of the page, by name
}

// asset is a file ready to be sent.
type asset struct {
	plain, zipped []byte // zipped is nil where it saves nothing
	kind, hash    string
	changed       time.Time // of the file, where the page is a folder
}

// ServeHTTP implements http.Handler.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("X-Content-Type-Options", "nosniff")
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "this server only serves files", http.StatusMethodNotAllowed)
		return
	}
	name := strings.TrimPrefix(path.Clean("/"+r.URL.Path), "/")
	if strings.HasSuffix(r.URL.Path, "/") {
		name = path.Join(name, "index.html")
	}
	if s.Sets != nil && path.Ext(name) == ".pxds" {
		w.Header().Set("Cache-Control", "no-cache")
		w.Header().Set("Content-Type", "application/octet-stream")
		http.ServeFileFS(w, r, s.Sets, name)
		return
	}
	a, err := s.asset(name)
	if err != nil {
		status := http.StatusInternalServerError
		if errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrInvalid) {
			status = http.StatusNotFound
		}
		http.Error(w, http.StatusText(status), status)
		return
	}
	h := w.Header()
	h.Set("Content-Type", a.kind)
	h.Set("Cache-Control", "no-cache")
	h.Set("Vary", "Accept-Encoding")
	body, tag := a.plain, a.hash
	if a.zipped != nil && acceptsGzip(r) {
		body, tag = a.zipped, a.hash+"-gzip"
		h.Set("Content-Encoding", "gzip")
	}
	h.Set("ETag", `"`+tag+`"`)
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(body))
}

// asset returns a file of the page, which it caches until the file changes.
func (s *Server) asset(name string) (*asset, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	info, err := fs.Stat(s.Page, name)
	if err != nil {
		return nil, err
	}
	if info.IsDir() {
		return nil, fs.ErrNotExist
	}
	if a := s.assets[name]; a != nil && a.changed.Equal(info.ModTime()) {
		return a, nil
	}
	plain, err := fs.ReadFile(s.Page, name)
	if err != nil {
		return nil, err
	}
	hash := sha256.Sum256(plain)
	a := &asset{plain: plain, hash: hex.EncodeToString(hash[:12]), kind: contentType(name), changed: info.ModTime()}
	var zipped bytes.Buffer
	z, _ := gzip.NewWriterLevel(&zipped, gzip.BestCompression) // the level is valid
	_, _ = z.Write(plain)                                      // a buffer takes all
	_ = z.Close()
	if zipped.Len() < len(plain)*9/10 {
		a.zipped = zipped.Bytes()
	}
	if s.assets == nil {
		s.assets = map[string]*asset{}
	}
	s.assets[name] = a
	return a, nil
}

// contentTypes are the types of the page's files, whatever the system's tables say: browsers refuse
// scripts and WebAssembly with a wrong type.
var contentTypes = map[string]string{
	".html": "text/html; charset=utf-8", ".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8",
	".wasm": "application/wasm", ".svg": "image/svg+xml", ".json": "application/json", ".png": "image/png",
}

func contentType(name string) string {
	ext := path.Ext(name)
	if t := contentTypes[ext]; t != "" {
		return t
	}
	if t := mime.TypeByExtension(ext); t != "" {
		return t
	}
	return "application/octet-stream"
}

// acceptsGzip parses the header: gzip must be named, with a weight other than 0.
func acceptsGzip(r *http.Request) bool {
	for part := range strings.SplitSeq(r.Header.Get("Accept-Encoding"), ",") {
		coding, weight, _ := strings.Cut(strings.ReplaceAll(part, " ", ""), ";")
		if coding == "gzip" || coding == "*" {
			return strings.Trim(strings.TrimPrefix(weight, "q="), "0.") != "" || weight == ""
		}
	}
	return false
}
