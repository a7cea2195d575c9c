package native

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"image"
	_ "image/png"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"pixelda-wgpu/gpu/gputest"
	"pixelda-wgpu/native/internal/console"
	"pixelda-wgpu/trainer/safetensors"
)

// inKept works in a copy of what users kept from commit 1a0b63a (testdata/kept), since
// its run names its images relative to the folder it was started in.
func inKept(t *testing.T) {
	t.Helper()
	kept, err := filepath.Abs("../testdata/kept")
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	if err := os.CopyFS(folder, os.DirFS(kept)); err != nil {
		t.Fatal(err)
	}
	t.Chdir(folder)
}

func TestKeptSets(t *testing.T) {
	inKept(t)
	for _, c := range []struct {
		file, fingerprint string
		channels          int
	}{
		{"source.pxds", "641d8b6a3f64ebd7621dd8c401e2bd2dcec56c3791582e0fc1d55e603e2bd61f", 1},
		{"target.pxds", "b37748ae45b5479ab717c57b91670f4d1e977b37e00b99afcf22447b47bc7627", 3},
	} {
		var got []struct {
			Channels    int
			Images      map[string]int
			Fingerprint string
		}
		if err := json.Unmarshal([]byte(succeeds(t, "datasets", "info", "-json", c.file)), &got); err != nil {
			t.Fatal(err)
		}
		images := got[0].Images
		if got[0].Fingerprint != c.fingerprint || got[0].Channels != c.channels ||
			images["train"] != 16 || images["valid"] != 2 || images["test"] != 2 {
			t.Errorf("%s holds %+v", c.file, got)
		}
	}
}

// The weights that export writes are the checkpoint's, tensor by tensor: their file has
// the bytes that it had then.
func TestKeptCheckpoint(t *testing.T) {
	inKept(t)
	succeeds(t, "export", filepath.Join("run", "checkpoints", "step-00000002.safetensors"), "-safetensors",
		"w.safetensors")
	b, err := os.ReadFile("w.safetensors")
	if err != nil {
		t.Fatal(err)
	}
	const want = "3195b9396b991f242261a91bd3fe0af710f6ebc172ecd9ccad40152555e1d001"
	if sum := sha256.Sum256(b); hex.EncodeToString(sum[:]) != want {
		t.Errorf("the exported weights have the SHA-256 %x, want %s", sum, want)
	}
}

func TestKeptRun(t *testing.T) {
	inKept(t)
	before, err := os.ReadFile(filepath.Join("run", "metrics.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	var ev evaluation
	if err := json.Unmarshal([]byte(succeeds(t, "eval", "-json", "run")), &ev); err != nil {
		t.Fatal(err)
	}
	if d := ev.Domains["target"]; ev.Iteration != 2 || d.Images != 2 || !slices.Equal(d.PerClass, []float64{0, 1}) {
		t.Errorf("the best checkpoint is of iteration %d and gets %v of the target's classes right", ev.Iteration,
			d.PerClass)
	}
	status, out, errs := runLine(t, "train", "-json", "-resume", "run", "-iterations", "6")
	if status != console.Done {
		t.Fatalf("resuming it: status %d\n%s", status, errs)
	}
	var report struct {
		Iterations int
		SourceOnly *float64 `json:"source_only"`
	}
	if err := json.Unmarshal([]byte(out), &report); err != nil {
		t.Fatal(err)
	}
	if report.Iterations != 6 || report.SourceOnly == nil || *report.SourceOnly != 1 {
		t.Errorf("the resumed run's report: %s", out)
	}
	after, err := os.ReadFile(filepath.Join("run", "metrics.jsonl"))
	if err != nil || !bytes.HasPrefix(after, before) || len(after) == len(before) {
		t.Errorf("its metrics should only have grown: %v", err)
	}
}

// Resuming says in a line of its own that the bits will be others, before it goes on.
func TestResumesInexactly(t *testing.T) {
	inKept(t)
	file := filepath.Join("run", "checkpoints", "step-00000004.safetensors")
	f, err := safetensors.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	stated := f.Metadata()
	stated["adapter"] = gputest.Device(t).Info().Key()
	stated["kernels"] = strings.Replace(stated["kernels"], "direct uniform", "gone", 1)
	changed := safetensors.NewWriter(stated)
	for _, name := range f.Names() {
		x, err := f.Float32s(name)
		shape, err2 := f.Shape(name)
		if err := errors.Join(err, err2); err != nil {
			t.Fatal(err)
		}
		changed.Float32s(name, shape, x)
	}
	if err := errors.Join(f.Close(), changed.Save(file)); err != nil {
		t.Fatal(err)
	}
	status, _, errs := runLine(t, "train", "-resume", "run", "-iterations", "5")
	said := strings.Index(errs, "\npixelda-wgpu: not bit-exact: ")
	if status != console.Done || said < 0 || said > strings.Index(errs, "Resuming after iteration 4") {
		t.Errorf("status %d, and it says %s", status, errs)
	}
}

// A level of 255 is what rounding may cost: drivers differ in the last bits of a tanh.
func TestKeptGenerator(t *testing.T) {
	inKept(t)
	succeeds(t, "adapt", "generator.pxda", "source.pxds", "-out", "out", "-limit", "2", "-seed", "3")
	got, err := filepath.Glob(filepath.Join("out", "*", "*.png"))
	if err != nil || len(got) != 2 {
		t.Fatalf("adapt wrote %v: %v", got, err)
	}
	for i, name := range []string{"000000.png", "000001.png"} {
		a, b := decoded(t, got[i]), decoded(t, filepath.Join("adapted", name))
		for y := range 16 {
			for x := range 16 {
				r1, g1, b1, _ := a.At(x, y).RGBA()
				r2, g2, b2, _ := b.At(x, y).RGBA()
				for j, d := range []int{int(r1>>8) - int(r2>>8), int(g1>>8) - int(g2>>8), int(b1>>8) - int(b2>>8)} {
					if max(d, -d) > 1 {
						t.Fatalf("%s: at %d, %d, colour %d is off by %d", name, x, y, j, d)
					}
				}
			}
		}
	}
}

func decoded(t *testing.T, file string) image.Image {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	m, _, err := image.Decode(f)
	if err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	return m
}
