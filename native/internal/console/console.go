// Package console is what a person sees of the command pixelda-wgpu: results, tables, progress and
// colours, the help for its commands, and one-line errors.
package console

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"time"

	"golang.org/x/term"
)

// Console is where a command writes: results to Out, everything else to Err.
type Console struct {
	Out, Err io.Writer
	colour   bool // Out shows colours
}

// New returns a console that writes to out and err. It uses colours if out is a terminal that
// supports them and the user has not turned them off.
func New(out, err io.Writer) *Console {
	return &Console{&keeping{w: out}, err, terminal(out) && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"}
}

// Quiet is a console that drops what is written to Out.
func (c *Console) Quiet() *Console { return &Console{Out: io.Discard, Err: c.Err} }

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

// Written returns the first error of writing to Out, which Printf ignores.
func (c *Console) Written() error {
	if k, ok := c.Out.(*keeping); ok {
		return k.err
	}
	return nil
}

// Printf writes results. Written reports its errors.
func (c *Console) Printf(format string, args ...any) { fmt.Fprintf(c.Out, format, args...) }

// JSON writes a value for programs to read.
func (c *Console) JSON(v any) error {
	e := json.NewEncoder(c.Out)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(v)
}

// Progress shows long work on Err: what is done, counted in units from a number up to total, which
// is 0 if unknown.
func (c *Console) Progress(what, unit string, from, total int64) *Progress {
	if f, ok := c.Err.(*os.File); ok {
		return newProgress(f, what, unit, from, total)
	}
	return plainProgress(c.Err, what, unit, from, total, time.Now)
}

// Compiling returns a function that shows on a terminal how many of a device's shaders are
// compiled, and removes the bar when all are. It is nil without a terminal.
func (c *Console) Compiling() func(done, total int) {
	if !terminal(c.Err) {
		return nil
	}
	const few = 8 // so few compile too quickly for a bar
	var p *Progress
	return func(done, total int) {
		if total < few {
			return
		}
		if p == nil {
			p = c.Progress("compile", "shaders", 0, int64(total))
		}
		p.Set(int64(done), "")
		if done == total {
			p.Erase()
			p = nil
		}
	}
}

// Phase says on a terminal what is going on, in place of what it said before; an empty text removes
// it.
func (c *Console) Phase(text string) {
	if terminal(c.Err) {
		fmt.Fprintf(c.Err, "\r\x1b[K%s", text)
	}
}

// Bold is for titles and for what matters most. Like the other styles it leaves a text unchanged
// where Out shows no colours.
func (c *Console) Bold(s string) string { return c.style("1", s) }

// Faint is for what matters less.
func (c *Console) Faint(s string) string { return c.style("2", s) }

// Red is for what is wrong or worse.
func (c *Console) Red(s string) string { return c.style("31", s) }

// Green is for what is right or better.
func (c *Console) Green(s string) string { return c.style("32", s) }

func (c *Console) style(code, s string) string {
	if !c.colour || s == "" {
		return s
	}
	return "\x1b[" + code + "m" + s + "\x1b[0m"
}
