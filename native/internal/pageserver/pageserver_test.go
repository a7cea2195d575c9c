package pageserver

import (
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"
)

func get(t *testing.T, s http.Handler, method, path string, header ...string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequest(method, path, nil)
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	return w
}

func body(t *testing.T, r io.Reader) string {
	t.Helper()
	b, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestServeFiles(t *testing.T) {
	script := strings.Repeat("compress me; ", 100)
	s := &Server{
		Page: fstest.MapFS{
			"index.html": {Data: []byte("<p>")}, "page.js": {Data: []byte(script)},
			"core.wasm":            {Data: []byte("\x00asm")},
			"traces/a.safetensors": {Data: []byte("trace")},
		},
		Sets: fstest.MapFS{"faces.pxds": {Data: []byte("0123456789")}},
	}
	for path, kind := range map[string]string{
		"/": "text/html; charset=utf-8", "/page.js": "text/javascript; charset=utf-8", "/core.wasm": "application/wasm",
		"/traces/a.safetensors": "application/octet-stream", "/faces.pxds": "application/octet-stream",
	} {
		r := get(t, s, "GET", path)
		if r.Code != http.StatusOK || r.Header().Get("Content-Type") != kind ||
			r.Header().Get("Cache-Control") != "no-cache" {
			t.Errorf("%s: %d, %v", path, r.Code, r.Header())
		}
	}

	plain, zipped := get(t, s, "GET", "/page.js"), get(t, s, "GET", "/page.js", "Accept-Encoding", "br, gzip;q=0.8")
	if plain.Header().Get("Content-Encoding") != "" || body(t, plain.Body) != script {
		t.Error("the script does not come as it is")
	}
	packed := body(t, zipped.Body)
	z, err := gzip.NewReader(strings.NewReader(packed))
	if err != nil || zipped.Header().Get("Content-Encoding") != "gzip" {
		t.Fatal(zipped.Header(), err)
	}
	if body(t, z) != script || len(packed) > len(script)/4 {
		t.Errorf("the compressed script has %d of %d bytes", len(packed), len(script))
	}
	if r := get(t, s, "GET", "/page.js", "Accept-Encoding", "gzip;q=0"); r.Header().Get("Content-Encoding") != "" {
		t.Error("compressed for a client that refuses it")
	}
	tag := zipped.Header().Get("ETag")
	if tag == "" || tag == plain.Header().Get("ETag") {
		t.Errorf("tags %q and %q", tag, plain.Header().Get("ETag"))
	}
	if r := get(t, s, "GET", "/page.js", "Accept-Encoding", "gzip", "If-None-Match",
		tag); r.Code != http.StatusNotModified {
		t.Errorf("what the browser has is sent again: %d", r.Code)
	}
	if r := get(t, s, "GET", "/faces.pxds", "Range", "bytes=2-4"); r.Code != http.StatusPartialContent ||
		body(t, r.Body) != "234" {
		t.Errorf("a part of a set: %d", r.Code)
	}
	for path, status := range map[string]int{"/none.js": 404, "/traces": 404, "/traces/": 404, "/../serve.go": 404,
		"/%2e%2e/serve.go": 404, "/other.pxds": 404} {
		if r := get(t, s, "GET", path); r.Code != status {
			t.Errorf("%s: %d, want %d", path, r.Code, status)
		}
	}
	if r := get(t, s, "POST", "/"); r.Code != http.StatusMethodNotAllowed {
		t.Errorf("POST: %d", r.Code)
	}
	if r := get(t, s, "HEAD", "/page.js"); r.Code != http.StatusOK ||
		r.Header().Get("Content-Length") != strconv.Itoa(len(script)) || body(t, r.Body) != "" {
		t.Errorf("HEAD: %d, %s bytes", r.Code, r.Header().Get("Content-Length"))
	}
}
