package supervise

import "syscall"

// ownGroup puts a child into a process group of its own; it dies with its parent.
func ownGroup() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}
