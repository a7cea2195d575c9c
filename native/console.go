package native

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"regexp"
	"strings"
	"time"

	"golang.org/x/term"

	"pixelda-wgpu/gpu"
)

// console is where a command writes: results to out, all else to err.
type console struct {
	out, err io.Writer
	colour   bool // out shows colours
}

func newConsole(out, err io.Writer) *console {
	return &console{&keeping{w: out}, err, terminal(out) && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"}
}

func terminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// keeping remembers the first error, so that a full disk fails the command.
type keeping struct {
	w   io.Writer
	err error
}

func (k *keeping) Write(p []byte) (int, error) {
	n, err := k.w.Write(p)
	if k.err == nil && err != nil {
		k.err = fmt.Errorf("writing the output: %w", err)
	}
	return n, err
}

func (c *console) outError() error {
	if k, ok := c.out.(*keeping); ok {
		return k.err
	}
	return nil
}

func (c *console) printf(format string, args ...any) { fmt.Fprintf(c.out, format, args...) }

// json writes a value for programs to read.
func (c *console) json(v any) error {
	e := json.NewEncoder(c.out)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(v)
}

// packageName stands before the errors of packages; a user does not need it.
var packageName = regexp.MustCompile(`(^|: )(?:datasets|export|gpu|graph|model|rundir|safetensors|coral|spread|study|svm|trainer|wgsl): `)

// plain takes the names of packages out of an error's text.
func plain(msg string) string {
	for packageName.MatchString(msg) { // matches may share a colon
		msg = packageName.ReplaceAllString(msg, "$1")
	}
	return msg
}

// fail prints an error; further lines, which few errors have, are indented.
func (c *console) fail(err error) {
	text := plain(err.Error())
	fmt.Fprintf(c.err, "pixelda-wgpu: %s\n", strings.ReplaceAll(text, "\n", "\n  "))
}

// progress shows long work on err.
func (c *console) progress(what, unit string, from, total int64) *progress {
	if f, ok := c.err.(*os.File); ok {
		return newProgress(f, what, unit, from, total)
	}
	return plainProgress(c.err, what, unit, from, total, time.Now)
}

// watchCompiler shows on a terminal how far a device is in compiling shaders,
// and takes the bar away when it is done.
func (c *console) watchCompiler(d *gpu.Device) {
	if !terminal(c.err) {
		return
	}
	const few = 8 // are done at once
	var p *progress
	d.OnPipeline = func(done, total int) {
		if total < few {
			return
		}
		if p == nil {
			p = c.progress("compile", "shaders", 0, int64(total))
		}
		p.Set(int64(done), "")
		if done == total {
			p.erase()
			p = nil
		}
	}
}

// phase tells on a terminal what is going on, in place of what it told before;
// an empty text takes it away.
func (c *console) phase(text string) {
	if terminal(c.err) {
		fmt.Fprintf(c.err, "\r\x1b[K%s", text)
	}
}

// The styles of text.
func (c *console) bold(s string) string  { return c.style("1", s) }
func (c *console) faint(s string) string { return c.style("2", s) }
func (c *console) red(s string) string   { return c.style("31", s) }
func (c *console) green(s string) string { return c.style("32", s) }

func (c *console) style(code, s string) string {
	if !c.colour || s == "" {
		return s
	}
	return "\x1b[" + code + "m" + s + "\x1b[0m"
}
