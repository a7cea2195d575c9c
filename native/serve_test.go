package native

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pixelda-wgpu/native/internal/console"
)

func TestServeRefuses(t *testing.T) {
	page := t.TempDir()
	if err := os.WriteFile(filepath.Join(page, "index.html"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ args, want string }{
		{"-page /nowhere", "there is no page in /nowhere"},
		{"-page " + t.TempDir(), "there is no page in"},
		{"-page " + page + " -addr 256.0.0.1:1", "choose another with -addr"},
		{"-page " + page + " -sets /nowhere", "is not a folder"},
	} {
		var out, errs bytes.Buffer
		if status := run(append([]string{"serve"}, strings.Fields(c.args)...), &out, &errs); status != console.Failed {
			t.Errorf("serve %s: status %d", c.args, status)
		}
		if !strings.Contains(errs.String(), c.want) || strings.Count(errs.String(), "\n") != 1 {
			t.Errorf("serve %s: %q", c.args, errs.String())
		}
	}
}
