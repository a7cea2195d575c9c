package supervise

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"pixelda-wgpu/gpu"
	"pixelda-wgpu/model/graph"
	"pixelda-wgpu/native/internal/console"
	"pixelda-wgpu/wgsl/plan"
)

// TestMain lets the test binary be the child that a supervisor starts.
func TestMain(m *testing.M) {
	if !Child() {
		os.Exit(m.Run())
	}
	stderr := Become()
	if err := actAsChild(os.Args[1:], stderr); err != nil {
		fmt.Fprintln(stderr, err)
		os.Exit(console.Failed)
	}
}

const rustPanic = `thread '<unnamed>' panicked at 'Error in wgpuQueueSubmitForIndex: Validation Error

Caused by:
    Parent device is lost
', src/lib.rs:495:5
note: run with RUST_BACKTRACE=1
`

// childSleep is how long a child waits to be ended, at most.
const childSleep = 20 * time.Second

// actAsChild plays a part: the first argument says which.
func actAsChild(args []string, stderr *os.File) error {
	switch args[0] {
	case "exit":
		fmt.Println("a result")
		fmt.Fprintln(stderr, "a message")
		status, _ := strconv.Atoi(args[1])
		os.Exit(status)
	case "crash": // the Go runtime reports the signal and exits
		if len(args) > 1 {
			if err := Announce(args[1]); err != nil {
				return err
			}
		}
		fmt.Fprintln(os.Stderr, "WARNING: a driver's remark")
		fmt.Fprint(os.Stderr, rustPanic)
		_ = syscall.Kill(os.Getpid(), syscall.SIGSEGV)
		time.Sleep(childSleep)
	case "go-panic":
		panic("a defect of ours")
	case "die":
		if err := Announce("runs/7"); err != nil {
			return err
		}
		_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
		time.Sleep(childSleep)
	case "count": // the interrupts that arrive
		interrupts := make(chan os.Signal, 8)
		signal.Notify(interrupts, os.Interrupt)
		fmt.Println("ready")
		<-interrupts
		n := 1
		for wait := time.After(300 * time.Millisecond); ; {
			select {
			case <-interrupts:
				n++
				continue
			case <-wait:
			}
			fmt.Println("interrupts:", n)
			return nil
		}
	case "device":
		return useDevice(args[1])
	case "nested": // a supervisor of its own, to be killed
		os.Exit(statusAfter(New(os.Stdout, stderr), func(string) []string { return args[1:] }))
	case "sleep":
		fmt.Println("asleep")
		time.Sleep(childSleep)
	}
	return nil
}

// useDevice announces a run and submits work.
func useDevice(folder string) error {
	if err := Announce(folder); err != nil {
		return err
	}
	d, err := gpu.Open(gpu.Options{Adapter: os.Getenv("PIXELDA_ADAPTER")})
	if err != nil {
		return err
	}
	defer d.Close()
	programs, err := graph.PeakPrograms(&plan.Lavapipe)
	if err != nil {
		return err
	}
	s, err := d.Load(programs...)
	if err != nil {
		return err
	}
	for range 5 {
		if err := s.Run(programs[0].Name); err != nil {
			return err
		}
	}
	if err := s.Wait(); err != nil {
		return err
	}
	fmt.Println("computed")
	return nil
}

// superviseTest runs children without pauses and returns their status and output.
func superviseTest(t *testing.T, args func(folder string) []string) (status int, out, err string) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	s := New(&stdout, &stderr)
	s.pauses = []time.Duration{time.Millisecond, time.Millisecond}
	status = statusAfter(s, args)
	return status, stdout.String(), stderr.String()
}

// statusAfter supervises children and returns the program's exit status.
func statusAfter(s *Supervisor, args func(folder string) []string) int {
	status, err := s.Run(args)
	if err != nil {
		return console.New(s.out, s.err).End(err)
	}
	return status
}

func constant(args ...string) func(string) []string { return func(string) []string { return args } }

func TestSupervisePassesThrough(t *testing.T) {
	for _, want := range []int{0, 1, 2, 7} {
		status, out, err := superviseTest(t, constant("exit", strconv.Itoa(want)))
		if status != want || out != "a result\n" || err != "a message\n" {
			t.Errorf("exit %d became %d, %q, %q", want, status, out, err)
		}
	}
}

const lost = "the GPU device was lost (Parent device is lost): its driver was reset, or it was unplugged or out of " +
	"power"

func TestSuperviseExplainsACrash(t *testing.T) {
	status, _, err := superviseTest(t, constant("crash"))
	if want := "WARNING: a driver's remark\npixelda-wgpu: " + lost + "\n"; status != console.Failed || err != want {
		t.Errorf("status %d and\n%s\nwant\n%s", status, err, want)
	}
}

func TestSuperviseResumes(t *testing.T) {
	status, out, err := superviseTest(t, func(folder string) []string {
		if folder == "" {
			return []string{"crash", "runs/7"}
		}
		return []string{"exit", "0", "of", folder}
	})
	if status != console.Done || out != "a result\n" || !strings.Contains(err,
		lost+". Resuming runs/7 in 1ms (restart 1 of 2)\na message\n") {
		t.Errorf("status %d, output %q and\n%s", status, out, err)
	}
}

func TestSuperviseGivesUp(t *testing.T) {
	status, _, err := superviseTest(t, constant("crash", "runs/7"))
	want := "pixelda-wgpu: " + lost + ", 3 times in a row. The run is safe in runs/7; to go on: pixelda-wgpu crash " +
		"runs/7\n"
	if status != console.Failed || !strings.HasSuffix(err, want) || strings.Count(err, "Resuming") != 2 {
		t.Errorf("status %d and\n%s", status, err)
	}
}

// A panic of our own is no crash of the driver: it is shown in full and not
// tried again.
func TestSuperviseShowsOurPanics(t *testing.T) {
	status, _, err := superviseTest(t, constant("go-panic"))
	if status != 2 || !strings.HasPrefix(err, "panic: a defect of ours\n") || !strings.Contains(err, "actAsChild") {
		t.Errorf("status %d and\n%s", status, err)
	}
}

func TestSuperviseKilled(t *testing.T) {
	status, _, err := superviseTest(t, constant("die"))
	want := "pixelda-wgpu: killed by a user, or by the system because memory ran out. The run is safe in runs/7; to " +
		"go on: pixelda-wgpu die\n"
	if status != console.Failed || err != want {
		t.Errorf("status %d and %q", status, err)
	}
}

// TestSuperviseInterrupts sends the parent one interrupt, as kill does, and as a
// terminal does, which is to its whole process group.
func TestSuperviseInterrupts(t *testing.T) {
	for _, way := range []string{"process", "group"} {
		cmd := supervising(t, "count")
		out := startAndRead(t, cmd, "ready\n")
		to := cmd.Process.Pid
		if way == "group" {
			to = -to
		}
		if err := syscall.Kill(to, syscall.SIGINT); err != nil {
			t.Fatal(err)
		}
		rest, err := io.ReadAll(out)
		if err := errors.Join(err, cmd.Wait()); err != nil || string(rest) != "interrupts: 1\n" {
			t.Errorf("to the %s: %q, %v", way, rest, err)
		}
	}
}

// A killed parent takes its child along, which would hold on to the run folder.
func TestSuperviseDiesTogether(t *testing.T) {
	cmd := supervising(t, "sleep")
	out := startAndRead(t, cmd, "asleep\n")
	began := time.Now()
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_, err := io.ReadAll(out) // ends when the child has let go of it
	if took := time.Since(began); err != nil || took > childSleep/2 {
		t.Errorf("the child lived on for %v, %v", took, err)
	}
	_ = cmd.Wait() // it was killed
}

// supervising is a process that is to supervise a child of the given part.
func supervising(t *testing.T, part string) *exec.Cmd {
	t.Helper()
	cmd := exec.Command(os.Args[0], "nested", part)
	cmd.Env = append(os.Environ(), childEnv+"="+filepath.Join(t.TempDir(), "run"))
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	return cmd
}

// startAndRead starts a command and reads its output as far as the given text.
func startAndRead(t *testing.T, cmd *exec.Cmd, text string) io.Reader {
	t.Helper()
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	got := make([]byte, len(text))
	if err == nil {
		_, err = io.ReadFull(out, got)
	}
	if err != nil || string(got) != text {
		t.Fatalf("the process says %q, %v", got, err)
	}
	return out
}

// TestSuperviseLostDevice loses a real device under the native library, which
// aborts, and computes on in the next child.
func TestSuperviseLostDevice(t *testing.T) {
	libraries, err := filepath.Glob("/usr/lib*/*/libvulkan.so.1")
	more, err2 := filepath.Glob("/usr/lib*/libvulkan.so.1")
	if libraries = append(libraries, more...); len(libraries) == 0 {
		t.Fatal("no libvulkan.so.1 in /usr/lib; make setup installs it", err, err2)
	}
	dir := t.TempDir()
	build := exec.Command("cc", "-shared", "-fPIC", "-o", filepath.Join(dir, "libvulkan.so.1"),
		"testdata/lost_vulkan.c",
		"-ldl")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	t.Setenv("LD_LIBRARY_PATH", dir)
	t.Setenv("LOST_VULKAN_REAL", libraries[0])
	t.Setenv("LOST_VULKAN_AFTER", "4")
	t.Setenv("LOST_VULKAN_ONCE", filepath.Join(dir, "lost"))
	status, out, stderr := superviseTest(t, constant("device", "runs/7"))
	want := "pixelda-wgpu: " + lost + ". Resuming runs/7 in 1ms (restart 1 of 2)\n"
	if status != console.Done || out != "computed\n" || stderr != want {
		t.Errorf("status %d, output %q and\n%s\nwant\n%s", status, out, stderr, want)
	}
}
