package supervise

import (
	"io"
	"os"
	"os/exec"
)

// forwarded are the signals that the parent must survive: a console sends Ctrl-C to the child
// itself.
var forwarded = []os.Signal{os.Interrupt}

func prepareChild(*exec.Cmd, io.Writer) {}

func forward(*os.Process, os.Signal) {}

// Become makes this process what its parent expects, and returns its standard error.
func Become() *os.File { return os.Stderr }

// nativeSignal names the exception that ended a process: its exit status is an NTSTATUS error, or
// what abort leaves.
func nativeSignal(state *os.ProcessState) string {
	const abort, ntstatusError = 3, 0xc0000000
	switch code := uint32(state.ExitCode()); {
	case code == abort, code >= ntstatusError:
		return "exception"
	}
	return ""
}

func killed(*os.ProcessState) bool { return false }

func statusOf(state *os.ProcessState) int { return state.ExitCode() }
