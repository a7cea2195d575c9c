package supervise

import (
	"errors"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
)

// crashLog reads what native code in a child writes to standard error. It passes lines on until one
// begins a crash report, which it keeps.
type crashLog struct {
	out    io.Writer
	line   []byte
	report []byte
}

// crashHeads begin the crash reports of Rust, and those of the Go runtime on a signal in native
// code.
var crashHeads = []string{"thread '", "fatal runtime error: ", "fatal error: ", "panic: ", "SIG", "[signal SIG"}

const maxCrashReport = 256 << 10

func (l *crashLog) Write(p []byte) (int, error) {
	for _, b := range p {
		l.line = append(l.line, b)
		if b == '\n' {
			l.take()
		}
	}
	return len(p), nil
}

// take handles a line.
func (l *crashLog) take() {
	line := string(l.line)
	begins := slices.ContainsFunc(crashHeads, func(head string) bool { return strings.HasPrefix(line, head) })
	if len(l.report) == 0 && !begins {
		_, _ = io.WriteString(l.out, line) // there is nobody to report an error to
	} else if len(l.report) < maxCrashReport {
		l.report = append(l.report, line...)
	}
	l.line = l.line[:0]
}

// release passes on what was kept, since it was not a crash of the device.
func (l *crashLog) release() {
	l.take()
	_, _ = l.out.Write(l.report) // there is nobody to report an error to
}

// explain says in one line why the child ended, if native code took it down.
func (l *crashLog) explain(state *os.ProcessState) (string, bool) {
	l.take()
	report := string(l.report)
	signal := nativeSignal(state)
	if signal == "" && state.ExitCode() == goCrash && !strings.HasPrefix(report, "panic: ") {
		// The Go runtime caught the signal and ended the process itself.
		for _, name := range []string{"SIGABRT", "SIGSEGV", "SIGBUS", "SIGILL", "SIGFPE"} {
			if strings.Contains(report, name+": ") {
				signal = name
			}
		}
	}
	message := panicMessage(report)
	switch {
	case signal == "":
		return "", false
	case strings.Contains(strings.ToLower(message), "lost"):
		return "the GPU device was lost (" + message + "): its driver was reset, or it was unplugged or out of power",
			true
	case message != "":
		return "the GPU driver or library crashed (" + message + ")", true
	}
	return "the GPU driver or library crashed (" + signal + ")", true
}

// goCrash is the exit status of a Go program after a fatal signal.
const goCrash = 2

// panicMessage is what a Rust panic says, in one line without its frame.
func panicMessage(report string) string {
	_, text, found := strings.Cut(report, "panicked at '")
	if !found {
		return ""
	}
	text, _, _ = strings.Cut(text, "', ")
	var parts []string
	for line := range strings.Lines(text) {
		switch line = strings.TrimSpace(line); {
		case line == "", line == "Caused by:", strings.HasSuffix(line, "Validation Error"):
		default:
			parts = append(parts, line)
		}
	}
	return strings.Join(parts, ": ")
}

// Foreign runs another program, whose standard error goes to stderr. If the program ends with a Go
// panic, its message is returned in place of its report. The error is that of starting the program,
// or an *exec.ExitError.
func Foreign(cmd *exec.Cmd, stderr io.Writer) (panicked string, err error) {
	log := &crashLog{out: stderr}
	cmd.Stderr = log
	err = cmd.Run()
	if _, exited := errors.AsType[*exec.ExitError](err); !exited {
		return "", err
	}
	log.take()
	if line, _, _ := strings.Cut(string(log.report), "\n"); strings.HasPrefix(line, "panic: ") {
		return strings.TrimPrefix(line, "panic: "), err
	}
	log.release()
	return "", err
}
