package native

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"pixelda-wgpu/trainer/rundir"
)

// The native library ends the process when a device is lost (a driver reset, an
// unplugged GPU, a laptop that slept), and a driver may crash. So whatever uses
// a device runs in a child process, under a parent that has none: it explains
// such an end in one line, and resumes a training run.
//
// Between the two goes little. The parent gives the child, by supervisedEnv, a
// file in which it may name its run folder. Terminal and files are the child's
// own, save the process's standard error as native code sees it, which the
// parent reads to know what happened (on Unix, where the child gets the real one
// beside it).

// supervisedEnv marks a child; its value is the path of the file for the run folder.
const supervisedEnv = "PIXELDA_SUPERVISED"

func supervised() bool { return os.Getenv(supervisedEnv) != "" }

// announceRun tells the parent where the run is, from which it can be resumed.
// Without a parent it does nothing.
func announceRun(folder string) error {
	path := os.Getenv(supervisedEnv)
	if path == "" {
		return nil
	}
	return rundir.WriteFile(path, func(w io.Writer) error {
		_, err := io.WriteString(w, folder)
		return err
	})
}

// supervisor runs the program again as a child.
type supervisor struct {
	out, err io.Writer
	pauses   []time.Duration // before each restart
	steady   time.Duration   // a child that ran so long was no failed restart
}

func newSupervisor(out, err io.Writer) *supervisor {
	return &supervisor{out, err, []time.Duration{2 * time.Second, 10 * time.Second, time.Minute}, 10 * time.Minute}
}

// run runs a child and returns the program's exit status.
func (s *supervisor) run(args func(folder string) []string) int {
	status, err := s.supervise(args)
	if err != nil {
		fmt.Fprintf(s.err, "pixelda-wgpu: %v\n", err)
		return exitError
	}
	return status
}

// supervise runs a child with the arguments for no folder. Where the device
// takes it down after it has announced a run, another child follows with the
// arguments for that folder, after a pause, until that fails too often in a row.
// A signal reaches the child once. The status is the child's.
func (s *supervisor) supervise(args func(folder string) []string) (int, error) {
	dir, err := os.MkdirTemp("", "pixelda-wgpu-")
	if err != nil {
		return 0, err
	}
	defer func() { _ = os.RemoveAll(dir) }() // at worst it leaves an empty folder behind
	note := filepath.Join(dir, "run")
	runtime.LockOSThread() // on Linux a child dies with the thread that started it
	defer runtime.UnlockOSThread()
	signals := make(chan os.Signal, 8)
	signal.Notify(signals, forwarded...)
	defer signal.Stop(signals)

	folder, failures := "", 0
	for {
		began := time.Now()
		state, log, err := s.child(args(folder), note, signals)
		if err != nil {
			return 0, err
		}
		if text, err := os.ReadFile(note); err == nil {
			folder = string(text)
		} else if !errors.Is(err, os.ErrNotExist) {
			return 0, err
		}
		why, crashed := log.explain(state)
		switch {
		case !crashed && killed(state):
			return 0, fmt.Errorf("killed by a user, or by the system since memory ran out%s", wayBack(folder, args))
		case !crashed:
			log.release()
			return statusOf(state), nil
		case folder == "":
			return 0, errors.New(why)
		}
		if time.Since(began) >= s.steady {
			failures = 0
		}
		if failures == len(s.pauses) {
			return 0, fmt.Errorf("%s, %d times in a row%s", why, failures+1, wayBack(folder, args))
		}
		pause := s.pauses[failures]
		failures++
		fmt.Fprintf(s.err, "pixelda-wgpu: %s. Resuming %s in %s (restart %d of %d)\n", why, folder, pause, failures, len(s.pauses))
		select {
		case <-time.After(pause):
		case <-signals:
			return 0, fmt.Errorf("interrupted%s", wayBack(folder, args))
		}
	}
}

// wayBack says how to resume a run.
func wayBack(folder string, args func(folder string) []string) string {
	if folder == "" {
		return ""
	}
	return fmt.Sprintf(". The run is safe in %s; to go on: pixelda-wgpu %s", folder, strings.Join(args(folder), " "))
}

// child runs one child to its end.
func (s *supervisor) child(args []string, note string, signals <-chan os.Signal) (*os.ProcessState, *crashLog, error) {
	program, err := os.Executable()
	if err != nil {
		return nil, nil, err
	}
	log := &crashLog{out: s.err}
	cmd := exec.Command(program, args...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, s.out, log
	cmd.Env = append(os.Environ(), supervisedEnv+"="+note)
	prepareChild(cmd, s.err)
	if err := cmd.Start(); err != nil {
		return nil, nil, err
	}
	done := make(chan error, 1)
	go func() { done <- cmd.Wait() }()
	for {
		select {
		case sig := <-signals:
			forward(cmd.Process, sig)
		case err := <-done:
			var exit *exec.ExitError
			if err != nil && !errors.As(err, &exit) {
				return nil, nil, err
			}
			return cmd.ProcessState, log, nil
		}
	}
}

// crashLog reads a child's native standard error. It passes lines on, until one
// begins the report of a crash, which it keeps.
type crashLog struct {
	out    io.Writer
	line   []byte
	report []byte
}

// crashHeads begin the reports of Rust, and of the Go runtime on a signal in
// native code.
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
		_, _ = io.WriteString(l.out, line) // of an error nobody could hear
	} else if len(l.report) < maxCrashReport {
		l.report = append(l.report, line...)
	}
	l.line = l.line[:0]
}

// release passes on what was kept, since it was no crash of the device.
func (l *crashLog) release() {
	l.take()
	_, _ = l.out.Write(l.report) // of an error nobody could hear
}

// explain says in a line why the child ended, if native code took it down.
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
		return "the GPU device was lost (" + message + "): its driver was reset, or it was unplugged or out of power", true
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

// ownChildren is the annotation of a command that uses no device itself and
// supervises children of its own.
const ownChildren = "own-children"

// onDevice returns the arguments for a supervised child, if the command line is
// that of a command with a device. All other command lines need no child.
func onDevice(args []string) (forFolder func(folder string) []string, ok bool) {
	root := newRoot(newConsole(io.Discard, io.Discard))
	cmd, rest, err := root.Find(doubleDashes(args))
	if err != nil || cmd.DisableFlagParsing || cmd.Flags().Lookup("adapter") == nil || cmd.ParseFlags(rest) != nil || cmd.Annotations[ownChildren] != "" {
		return nil, false
	}
	return func(folder string) []string {
		if folder == "" {
			return args
		}
		resume := []string{cmd.Name(), "-resume", folder}
		cmd.Flags().Visit(func(f *pflag.Flag) {
			switch {
			case !slices.Contains([]string{"adapter", "data", "iterations", "json", "tune"}, f.Name):
			case f.Value.Type() == "bool":
				resume = append(resume, "-"+f.Name+"="+f.Value.String())
			default:
				resume = append(resume, "-"+f.Name, f.Value.String())
			}
		})
		return resume
	}, true
}
