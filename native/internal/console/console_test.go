package console

import (
	"bytes"
	"strings"
	"testing"
)

import ()

func TestPanicIsOneLine(t *testing.T) {
	var out, errs bytes.Buffer
	c := New(&out, &errs)
	func() {
		defer func() { c.Fail(Panicked(recover())) }()
		var none []int
		_ = none[len(none)]
	}()
	says := errs.String()
	if !strings.HasPrefix(says, "pixelda-wgpu: internal error: runtime error: index out of range") ||
		!strings.Contains(says, "TestPanicIsOneLine") || !strings.Contains(says, "(console_test.go:") ||
		strings.Count(says, "\n") != 1 {
		t.Errorf("it says %q", says)
	}
}

func TestDoubleDashes(t *testing.T) {
	got := strings.Join(DoubleDashes([]string{"-adapter", "-json=false", "--steps", "-o", "-5", "-", "-h", "--",
		"-adapter"}), " ")
	if want := "--adapter --json=false --steps -o -5 - -h -- -adapter"; got != want {
		t.Errorf("flags become %q, want %q", got, want)
	}
}

func TestColours(t *testing.T) {
	c := New(&bytes.Buffer{}, &bytes.Buffer{})
	if c.colour || c.Red("x") != "x" {
		t.Error("a file is coloured")
	}
	c.colour = true
	tab := Table{Align: "lr"}
	tab.Head(c, "Step", "time")
	tab.Add(c.Green("d_step"), "5 ms")
	want := "\x1b[1mStep\x1b[0m    \x1b[1mtime\x1b[0m|\x1b[32md_step\x1b[0m  5 ms"
	if got := strings.Join(tab.Lines(""), "|"); got != want {
		t.Errorf("the table is %q, want %q", got, want)
	}
}

func TestDuration(t *testing.T) {
	for s, want := range map[float64]string{
		0: "0.00 µs", 9.99e-6: "9.99 µs", 9.996e-6: "10.0 µs", 0.09994: "99.9 ms", 0.09996: "100 ms", 0.25: "250 ms",
		1: "1.00 s", 123: "123 s",
	} {
		if got := Duration(s); got != want {
			t.Errorf("%g s is %q, want %q", s, got, want)
		}
	}
}
