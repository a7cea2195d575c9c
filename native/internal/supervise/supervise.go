// Package supervise runs the program again as a child process and says what became of it.
//
// The native library ends the process when a device is lost (a driver reset, an unplugged GPU, a
// laptop that slept), and a driver may crash. So whatever uses a device runs in a child process,
// under a parent that has none: the parent explains such an end in one line, and resumes a training
// run.
//
// Little passes between the two. In an environment variable the parent gives the child the name of
// a file, into which the child may write where its run folder is. Terminal and files are the
// child's own. Only the process's standard error, as native code sees it, goes to the parent, which
// learns from it what happened; on Unix the child also gets the real one.
package supervise

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"pixelda-wgpu/native/internal/console"
	"pixelda-wgpu/trainer/rundir"
)

// childEnv marks a child; its value is the path of the file for the run folder.
const childEnv = "PIXELDA_SUPERVISED"

// Child reports whether this process is a supervised child.
func Child() bool { return os.Getenv(childEnv) != "" }

// Announce tells the parent which folder the run is in, so that it can resume the run from there.
// Without a parent it does nothing.
func Announce(folder string) error {
	path := os.Getenv(childEnv)
	if path == "" {
		return nil
	}
	return rundir.WriteFile(path, func(w io.Writer) error {
		_, err := io.WriteString(w, folder)
		return err
	})
}

// Supervisor runs the program again as a child.
type Supervisor struct {
	out, err io.Writer
	pauses   []time.Duration // before each restart
	steady   time.Duration   // a child that ran as long as this was not a failed restart
}

// New returns a supervisor whose children write to out and err. Both should be the files of this
// process, so that a child sees the terminal.
func New(out, err io.Writer) *Supervisor {
	return &Supervisor{out, err, []time.Duration{2 * time.Second, 10 * time.Second, time.Minute}, 10 * time.Minute}
}

// Run runs a child with the arguments for no folder. If the device takes it down after it has
// announced a run, another child follows after a pause, with the arguments for that folder, until
// that has failed too often in a row. A signal reaches the child once. The status is the child's;
// the error says why there is none.
func (s *Supervisor) Run(args func(folder string) []string) (status int, err error) {
	dir, err := os.MkdirTemp("", "pixelda-wgpu-")
	if err != nil {
		return 0, err
	}
	defer func() { _ = os.RemoveAll(dir) }() // at worst an empty folder is left behind
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
			return 0, fmt.Errorf("killed by a user, or by the system because memory ran out%s", wayBack(folder, args))
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
		console.Warn(s.err, "%s. Resuming %s in %s (restart %d of %d)", why, folder, pause, failures, len(s.pauses))
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
func (s *Supervisor) child(args []string, note string, signals <-chan os.Signal) (*os.ProcessState, *crashLog, error) {
	program, err := os.Executable()
	if err != nil {
		return nil, nil, err
	}
	log := &crashLog{out: s.err}
	cmd := exec.Command(program, args...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, s.out, log
	cmd.Env = append(os.Environ(), childEnv+"="+note)
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
