package native

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pixelda-wgpu/model"
	"pixelda-wgpu/native/internal/console"
	"pixelda-wgpu/trainer/recipe"
	"pixelda-wgpu/trainer/safetensors"
)

// tinyTrace writes a trace of one step of a tiny model that tolerates errors of
// about ten times slack. Its images and weights are 0 and its expected values 1,
// so every error is about 1.
func tinyTrace(t *testing.T, slack float64) string {
	t.Helper()
	c, err := recipe.PresetModel("small")
	if err != nil {
		t.Fatal(err)
	}
	c.Size, c.Batch, c.GBlocks, c.GFilters, c.DFilters = 8, 2, 0, 4, 4
	c.TowerFilters, c.TowerUnits = [2]int{4, 4}, 8
	c.NoiseStd, c.DropoutKeep = 0, 1
	config, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	w := safetensors.NewWriter(map[string]string{
		"format": "pixelda-trace", "version": "1", "steps": "1", "config": string(config),
		"float32": fmt.Sprintf(`{"steps":[{"loss":%g,"grad":%[1]g,"param":%[1]g,"stats":%[1]g}],"adapted":%[1]g}`,
			slack),
	})
	floats := func(name string, value float32, shape ...int) {
		n := 1
		for _, d := range shape {
			n *= d
		}
		x := make([]float32, n)
		for i := range x {
			x[i] = value
		}
		w.Float32s(name, shape, x)
	}
	networks, err := model.NewNetworks(model.Config(c))
	if err != nil {
		t.Fatal(err)
	}
	for i, s := range networks.Stores() {
		for _, v := range s.Variables() {
			floats("init."+v.Name, 0, v.Dims...)
			floats("step0.after."+v.Name, 1, v.Dims...)
			if i < len(networks.Trained()) {
				floats("step0.grad."+v.Name, 1, v.Dims...)
			}
		}
	}
	image := []int{c.Batch, c.SourceChannels, c.Size, c.Size}
	for _, name := range []string{"step0.d_source", "step0.g_source", "step0.d_target", "eval.source", "eval.target"} {
		floats(name, 0, image...)
	}
	for _, name := range []string{"step0.d_z", "step0.g_z", "eval.z"} {
		floats(name, 0, c.Batch, c.NoiseDim)
	}
	for _, name := range []string{"step0.d_labels", "step0.g_labels"} {
		w.Int32s(name, []int{c.Batch}, make([]int32, c.Batch))
	}
	for _, name := range []string{"d_loss", "task_source", "task_adapted", "g_adv", "g_task", "g_loss"} {
		w.Float64s("step0."+name, nil, []float64{1})
	}
	floats("eval.adapted", 1, image...)
	floats("eval.target_logits", 1, c.Batch, c.Classes)
	path := filepath.Join(t.TempDir(), fmt.Sprintf("slack-%g.safetensors", slack))
	if err := w.Save(path); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestVerify(t *testing.T) {
	pass, fail := tinyTrace(t, 1e6), tinyTrace(t, 0)
	none := filepath.Join(t.TempDir(), "none")

	status, out, errs := runLine(t, "verify", "-adapter", adapter(), pass, none, fail)
	if status != console.Failed || !strings.Contains(errs, "no such file") || strings.Count(errs, "\n") != 1 {
		t.Errorf("status %d and %q", status, errs)
	}
	for _, want := range []string{
		"\nPASS  slack-1e+06.safetensors, ", "\nFAIL  slack-0.safetensors, ", "  step 0 loss ", "  off\n",
		": 1 step, batch 2, 8×8, 3 to 3 channels, 0 blocks of 4\n", "does not compute what it should",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("verify has no %q:\n%s", want, out)
		}
	}

	var v verdict
	if err := json.Unmarshal([]byte(succeeds(t, "verify", "-adapter", adapter(), "-json", pass)), &v); err != nil {
		t.Fatal(err)
	}
	if !v.Pass || len(v.Traces) != 1 || !v.Traces[0].Pass || len(v.Traces[0].Checks) != 6 ||
		v.Traces[0].Config.Size != 8 {
		t.Errorf("the verdict is %+v", v)
	}
}

func TestVerifyRefusesDamage(t *testing.T) {
	sound, err := os.ReadFile(tinyTrace(t, 1))
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	write := func(name string, content []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, content, 0o644); err != nil {
			t.Fatal(err)
		}
		return path
	}
	replaced := func(old, new string) []byte {
		if len(old) != len(new) || !strings.Contains(string(sound), old) {
			t.Fatalf("%s cannot become %s", old, new)
		}
		return []byte(strings.ReplaceAll(string(sound), old, new))
	}
	for _, c := range []struct{ path, words string }{
		{write("cut", sound[:len(sound)/2]), "truncated"},
		{write("header", sound[:100]), "header"},
		{write("other", replaced("pixelda-trace", "something-new")), `its format is "something-new"`},
		{write("version", replaced(`"version":"1"`, `"version":"7"`)), "reads version 1"},
		{write("half", replaced(`\"precision\":\"f32\"`, `\"precision\":\"f16\"`)),
			"precision is f16; a driver is verified in f32 alone"},
		{write("missing", replaced("step0.g_labels", "step0.g_labelz")), `"step0.g_labels": is not in the file`},
		{write("shape", replaced("eval.target_logits", "eval.target_logitz")),
			`"eval.target_logits": is not in the file`},
	} {
		fails(t, console.Failed, c.words, "verify", "-adapter", adapter(), c.path)
	}
}
