//go:build unix

package supervise

import (
	"io"
	"os"
	"os/exec"
	"os/signal"
	"syscall"
)

// forwarded are the signals that a child gets from its parent. It is in a process group of its own,
// so a terminal sends them to the parent alone.
var forwarded = []os.Signal{os.Interrupt, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT, syscall.SIGTSTP,
	syscall.SIGCONT}

// terminalEnv tells a child that it has the real standard error as descriptor 3.
const terminalEnv = "PIXELDA_SUPERVISED_STDERR"

func prepareChild(cmd *exec.Cmd, stderr io.Writer) {
	cmd.SysProcAttr = ownGroup()
	if f, ok := stderr.(*os.File); ok {
		cmd.ExtraFiles = []*os.File{f}
		cmd.Env = append(cmd.Env, terminalEnv+"=3")
	}
}

// forward passes a signal on. A stop signal stops both parent and child.
func forward(child *os.Process, sig os.Signal) {
	_ = child.Signal(sig) // an error means that it has just ended
	if sig == syscall.SIGTSTP {
		_ = syscall.Kill(os.Getpid(), syscall.SIGSTOP) // to oneself it is allowed
	}
}

// Become makes this process what its parent expects, and returns its standard error. abort(3)
// should end it by its signal, without the Go runtime's report of every goroutine.
func Become() *os.File {
	signal.Ignore(syscall.SIGABRT)
	if os.Getenv(terminalEnv) == "" {
		return os.Stderr
	}
	return os.NewFile(3, "stderr")
}

// nativeSignal names the signal that ended a process, if that is one of a crash.
func nativeSignal(state *os.ProcessState) string {
	w, ok := state.Sys().(syscall.WaitStatus)
	if !ok || !w.Signaled() {
		return ""
	}
	switch w.Signal() {
	case syscall.SIGABRT:
		return "SIGABRT"
	case syscall.SIGSEGV:
		return "SIGSEGV"
	case syscall.SIGBUS:
		return "SIGBUS"
	case syscall.SIGILL:
		return "SIGILL"
	case syscall.SIGFPE:
		return "SIGFPE"
	}
	return ""
}

// killed reports whether SIGKILL ended a process.
func killed(state *os.ProcessState) bool {
	w, ok := state.Sys().(syscall.WaitStatus)
	return ok && w.Signaled() && w.Signal() == syscall.SIGKILL
}

// statusOf is a process's exit status, or what shells make of the signal that ended it.
func statusOf(state *os.ProcessState) int {
	if w, ok := state.Sys().(syscall.WaitStatus); ok && w.Signaled() {
		return 128 + int(w.Signal())
	}
	return state.ExitCode()
}
