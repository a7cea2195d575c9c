package console

import (
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
)

// Exit statuses.
const (
	Done    = 0
	Failed  = 1 // something went wrong, and one line says what
	Misused = 2 // the command line is wrong
)

// ErrReported ends a command with the status Failed when its output has already said why.
var ErrReported = errors.New("reported")

// End reports a command's error, if any, and returns the exit status.
func (c *Console) End(err error) int {
	if err == nil {
		err = c.Written()
	}
	switch {
	case err == nil:
		return Done
	case errors.Is(err, ErrReported):
		return Failed
	}
	c.Fail(err)
	if _, misused := errors.AsType[*usageError](err); misused {
		return Misused
	}
	return Failed
}

// Fail prints an error; further lines, which few errors have, are indented.
func (c *Console) Fail(err error) { c.Warn("%s", err.Error()) }

// Warn prints a remark on Err, after the program's name.
func (c *Console) Warn(format string, args ...any) { Warn(c.Err, format, args...) }

// Warn prints a remark after the program's name.
func Warn(w io.Writer, format string, args ...any) {
	fmt.Fprintf(w, "pixelda-wgpu: %s\n", strings.ReplaceAll(fmt.Sprintf(format, args...), "\n", "\n  "))
}

// Panicked is the error for a panic, which is a bug in this program. It is for the function that
// recovered.
func Panicked(r any) error {
	return fmt.Errorf("internal error: %v at %s; please report it", r, panicPlace())
}

// panicPlace is the innermost line of this project on the stack of a panic.
func panicPlace() string {
	pcs := make([]uintptr, 64)
	frames := runtime.CallersFrames(pcs[:runtime.Callers(0, pcs)])
	inPanic := false
	for {
		f, more := frames.Next()
		switch {
		case strings.HasPrefix(f.Function, "runtime."):
			inPanic = inPanic || f.Function == "runtime.gopanic"
		case inPanic && strings.HasPrefix(f.Function, "pixelda-wgpu/"):
			return fmt.Sprintf("%s (%s:%d)", f.Function, f.File[strings.LastIndexByte(f.File, '/')+1:], f.Line)
		}
		if !more {
			return "an unknown place"
		}
	}
}
