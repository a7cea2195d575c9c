package console

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// clock is a time that tests move.
type clock struct{ at time.Time }

func (c *clock) now() time.Time { return c.at }

func (c *clock) pass(d time.Duration) { c.at = c.at.Add(d) }

func TestProgressLines(t *testing.T) {
	var out bytes.Buffer
	c := &clock{time.Unix(0, 0)}
	p := plainProgress(&out, "train", "steps", 0, 200, c.now)
	for step := int64(1); step <= 100; step++ {
		c.pass(250 * time.Millisecond)
		p.Set(step, "d 1.38")
	}
	p.Print("saved step 100")
	p.Close()
	want := `train: 40/200 steps, 4 steps/s, 40s left, d 1.38
train: 80/200 steps, 4 steps/s, 30s left, d 1.38
saved step 100
train: 100/200 steps in 25s, 4 steps/s
`
	if out.String() != want {
		t.Errorf("lines are\n%swant\n%s", out.String(), want)
	}
}

// The rate is that of the last minute: slow first steps are forgotten, and so
// are the steps before a resume.
func TestProgressRateIsRecent(t *testing.T) {
	var out bytes.Buffer
	c := &clock{time.Unix(0, 0)}
	p := plainProgress(&out, "train", "steps", 1000, 100_000, c.now)
	p.Set(1000, "")
	c.pass(9 * time.Minute)
	p.Set(1010, "")
	for step := int64(1011); step <= 1010+1200; step++ {
		c.pass(100 * time.Millisecond)
		p.Set(step, "")
	}
	if got, want := p.status(), "2210/100000 steps, 10 steps/s, 2h43m left"; got != want {
		t.Errorf("status %q, want %q", got, want)
	}
}

func TestProgressUnits(t *testing.T) {
	for _, c := range []struct {
		unit        string
		done, total int64
		want        string
	}{
		{"bytes", 30_000_000, 60_000_000, "30.0/60.0 MB, 3.0 MB/s, 10s left"},
		{"bytes", 30_000_000, 0, "30.0 MB, 3.0 MB/s"},
		{"steps", 2, 3, "2/3 steps, 5 s/step, 5s left"},
		{"images", 12_345, 0, "12345 images, 1234 images/s"},
		{"steps", 0, 3, "0/3 steps"},
	} {
		k := &clock{time.Unix(0, 0)}
		p := plainProgress(&bytes.Buffer{}, "work", c.unit, 0, c.total, k.now)
		k.pass(10 * time.Second)
		p.Set(c.done, "")
		if got := p.status(); got != c.want {
			t.Errorf("status %q, want %q", got, c.want)
		}
	}
}

func TestProgressIntoAFileHasNoBar(t *testing.T) {
	name := filepath.Join(t.TempDir(), "log")
	file, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	p := newProgress(file, "train", "steps", 0, 10)
	p.Set(10, "")
	p.Print("a line")
	p.Close()
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(name)
	if err != nil || bytes.ContainsAny(text, "\r\x1b") || !bytes.HasPrefix(text,
		[]byte("a line\ntrain: 10/10 steps in ")) {
		t.Errorf("the file holds %q, %v", text, err)
	}
}
