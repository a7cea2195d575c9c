//go:build !view

package native

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"image/png"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"pixelda-wgpu/native/internal/console"
)

// TestView looks at a run as a person does: through the command, with keys, on a
// display of its own.
func TestView(t *testing.T) {
	dir := t.TempDir()
	program, run := filepath.Join(dir, "pixelda-wgpu"), filepath.Join(dir, "run")
	for _, build := range [][]string{
		{"build", "-o", program, "./pixelda-wgpu"},
		{"build", "-tags", "view", "-o", program + "-view", "./pixelda-wgpu"},
	} {
		if out, err := exec.Command("go", build...).CombinedOutput(); err != nil {
			t.Fatalf("go %v: %v\n%s", build, err, out)
		}
	}
	if status, _, errs := runLine(t, append([]string{"train", "-out", run, "-iterations", "2", "-baseline", "0"},
		tinyModel...)...); status != console.Done {
		t.Fatalf("training: status %d\n%s", status, errs)
	}
	display := startDisplay(t)

	var said bytes.Buffer
	cmd := exec.Command(program, "view", run)
	cmd.Dir, cmd.Env = dir, append(os.Environ(), "DISPLAY="+display)
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	defer func() { _ = cmd.Process.Kill() }()

	press := func(keys ...string) error {
		// The window's name has the run's; windows of a server without a manager get no focus.
		c := exec.Command("xdotool", append([]string{"search", "--sync", "--onlyvisible", "--name", "PixelDA",
			"windowfocus", "--sync", "key"}, keys...)...)
		c.Env = cmd.Env
		if out, err := c.CombinedOutput(); err != nil {
			return fmt.Errorf("%w: %s", err, out)
		}
		return nil
	}
	colours := map[string]int{}
	for _, view := range []struct {
		name string
		keys []string
	}{{"grid", []string{"p"}}, {"sample", []string{"Return", "p"}}} {
		colours[view.name] = waitForPicture(t, dir, ended, &said, func() error { return press(view.keys...) })
	}
	for view, n := range colours {
		if n < 50 {
			t.Errorf("the picture of the %s has %d colours: are there images?", view, n)
		}
	}
	_ = press("Escape", "Escape") // fails where the window is gone before the key is let go
	select {
	case err := <-ended:
		if err != nil {
			t.Errorf("view ends with %v: %s", err, said.String())
		}
	case <-time.After(20 * time.Second):
		t.Error("Escape does not close the window")
	}
}

// waitForPicture presses keys until a picture with images in it is saved; it
// returns how many colours it has. The server refuses keys to a window that is
// only just opening.
func waitForPicture(t *testing.T, dir string, ended <-chan error, said *bytes.Buffer, press func() error) int {
	t.Helper()
	colours := 0
	var refused error
	for until := time.Now().Add(90 * time.Second); time.Now().Before(until) &&
		colours < 50; time.Sleep(500 * time.Millisecond) {
		select {
		case err := <-ended:
			t.Fatalf("view has ended: %v\n%s", err, said.String())
		default:
		}
		if refused = press(); refused != nil {
			continue
		}
		files, err := filepath.Glob(filepath.Join(dir, "pixelda-run-*.png"))
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			colours = max(colours, countColours(t, file))
			if err := os.Remove(file); err != nil {
				t.Fatal(err)
			}
		}
	}
	if refused != nil {
		t.Fatalf("xdotool: %v", refused)
	}
	return colours
}

func countColours(t *testing.T, file string) int {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	img, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	seen := map[[3]uint32]bool{}
	for y := range img.Bounds().Dy() {
		for x := range img.Bounds().Dx() {
			r, g, b, _ := img.At(x, y).RGBA()
			seen[[3]uint32{r, g, b}] = true
		}
	}
	return len(seen)
}

// startDisplay starts an X server without a screen and returns its name.
func startDisplay(t *testing.T) string {
	t.Helper()
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	// Without -noreset it starts anew whenever its last client leaves, and who
	// comes at that moment is refused.
	server := exec.Command("Xvfb", "-noreset", "-displayfd", "3", "-screen", "0", "1280x900x24", "-nolisten", "tcp")
	server.ExtraFiles = []*os.File{write}
	if err := server.Start(); err != nil {
		t.Fatalf("an X server for the test: %v (make setup installs xvfb)", err)
	}
	t.Cleanup(func() {
		_ = server.Process.Signal(os.Interrupt) // so that it takes its lock with it
		_ = server.Wait()
	})
	write.Close()
	defer read.Close() // not before the end of the line, or the server ends with a broken pipe
	number, err := bufio.NewReader(read).ReadString('\n')
	if err != nil {
		t.Fatalf("the X server does not start: %v", err)
	}
	return ":" + strings.TrimSpace(number)
}

// TestViewWithoutWindow holds what the program says where it cannot show one.
func TestViewWithoutWindow(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	fails(t, console.Failed, "'make view' builds pixelda-wgpu-view", "view", "runs/0000-pixelda")
	program := filepath.Join(t.TempDir(), windowProgram)
	if err := os.WriteFile(program, []byte("#!/bin/sh\necho 'panic: glfw: no display' >&2\nexit 2\n"),
		0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", filepath.Dir(program))
	t.Setenv("DISPLAY", "")
	fails(t, console.Failed, "DISPLAY is not set", "view", "runs/0000-pixelda")
	t.Setenv("DISPLAY", ":99")
	fails(t, console.Failed, "no window can open here: glfw: no display", "view", "runs/0000-pixelda")
	if _, err := os.Stat("runs"); !errors.Is(err, fs.ErrNotExist) {
		t.Error("view left something behind")
	}
}
