package native

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"pixelda-wgpu/gpu"
	"pixelda-wgpu/native/internal/console"
)

// runLine runs a command line and returns its exit status and what it wrote.
func runLine(t *testing.T, args ...string) (status int, out, err string) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	status = run(args, &stdout, &stderr)
	return status, stdout.String(), stderr.String()
}

// succeeds runs a command line that has to succeed silently, and returns its output.
func succeeds(t *testing.T, args ...string) string {
	t.Helper()
	status, out, err := runLine(t, args...)
	if status != console.Done || err != "" {
		t.Fatalf("%v: status %d and %q", args, status, err)
	}
	return out
}

// fails runs a command line that has to end with a status and one line, which
// holds the given words.
func fails(t *testing.T, want int, words string, args ...string) {
	t.Helper()
	status, out, err := runLine(t, args...)
	switch {
	case status != want:
		t.Errorf("%v: status %d, want %d; it says %q", args, status, want, err)
	case out != "" || strings.Count(err, "\n") != 1 || !strings.HasPrefix(err, "pixelda-wgpu: ") ||
		!strings.Contains(err, words):
		t.Errorf("%v writes %q and %q, want one line with %q", args, out, err, words)
	}
}

// adapter is the one that tests use, for the flag -adapter.
func adapter() string { return os.Getenv("PIXELDA_ADAPTER") }

func TestUsageErrors(t *testing.T) {
	for _, c := range []struct {
		line, words string
	}{
		{"inof", `there is no command "inof"; did you mean info?`},
		{"inof -json", `there is no command "inof"`},
		{"datasets lst", `there is no command "lst"; did you mean list?`},
		{"help inof", `there is no command "inof"`},
		{"-json", "there is no flag -json"},
		{"info -adapterr 1", "info: there is no flag -adapterr"},
		{"info -x", "info: there is no flag -x"},
		{"info -adapter", "flag -adapter needs a value"},
		{"info everything", `what is "everything"?`},
		{"info -json=maybe", `flag -json: "maybe" is neither true nor false`},
		{"verify -plans some", `"some" is neither usual nor all`},
		{"bench -steps many", `flag -steps: "many" is not a whole number`},
		{"bench -steps 0", "flag -steps: 0"},
		{"bench -batch -1", "flag -batch: -1"},
		{"bench -compare a.json", "give two files"},
		{"bench -preset huge", `no preset "huge"; there are mnist-mnistm`},
		{"bench -set batch", "give NAME=VALUE"},
		{"bench -set bacth=3", `there is no setting "bacth"`},
		{"bench -vary batch", "give NAME=VALUE,VALUE,…"},
		{"bench -vary batch=", "give NAME=VALUE,VALUE,…"},
		{"bench -vary bacth=1,2", `the model has no number "bacth"; batch, size`},
		{"bench -vary similarity=mse", `the model has no number "similarity"`},
		{"bench -vary iterations=1,2", `the model has no number "iterations"`},
		{"bench -vary batch=1,two", `bench: -vary batch: "two" is no value of it`},
		{"bench -vary batch=1,1.5", `"1.5" is no value of it`},
		{"bench -vary batch=1,,2", `"" is no value of it`},
		{"bench -vary batch=null", `"null" is no value of it`},
		{"bench -vary lr=NaN", `"NaN" is no value of it`},
		{"bench -vary batch=1,2 -plot a.jpg", "-plot a.jpg: give a file that ends in .svg or .png"},
		{"bench -vary batch=1,2 -plot a", "ends in .svg or .png"},
		{"bench -plot a.svg", "-plot draws what -vary measures"},
		{"reproduce", "give a table or figure: table1, "},
		{"reproduce table1 fig3", `what is "fig3"?`},
		{"reproduce table9", `there is no study "table9"`},
		{"reproduce table1 -scale huge", `flag -scale: "huge" is not one of`},
		{"reproduce table1 -seeds -1", "flag -seeds: -1"},
		{"reproduce table1 -cell x", `table1 has no run "x"`},
		{"datasets download", "give the names of sets"},
		{"datasets pack digits", "-o FILE.pxds"},
		{"datasets pack digits -o digits.zip", "-o FILE.pxds"},
		{"datasets preview digits -o digits.jpg", "-o FILE.png"},
		{"datasets preview digits -o a.png -split validation", `"validation" is not train, valid or test`},
		{"datasets preview digits -o a.png -columns 0", "flag -columns: 0"},
		{"datasets preview digits -o a.png -scale 99", "flag -scale: 99"},
		{"datasets info", "give one set"},
		{"datasets info digits usps", `"usps" is one too many`},
		{"completion tcsh", `"tcsh" is not one of`},
	} {
		fails(t, console.Misused, c.words, strings.Fields(c.line)...)
	}
}

func TestErrors(t *testing.T) {
	dir := t.TempDir()
	text := filepath.Join(dir, "text.json")
	if err := os.WriteFile(text, []byte("plain text"), 0o644); err != nil {
		t.Fatal(err)
	}
	empty := filepath.Join(dir, "empty.json")
	if err := os.WriteFile(empty, []byte("{}"), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		line, words string
	}{
		{"info -adapter nonesuch", `no adapter "nonesuch"; there is 0: `},
		{"bench -adapter 99", `no adapter "99"`},
		{"verify -adapter nonesuch", `no adapter "nonesuch"`},
		{"reproduce table1 -scale tiny-for-tests -out " + dir + "/studies -adapter nonesuch", `no adapter "nonesuch"`},
		{"bench -config " + dir + "/none", "no such file"},
		{"bench -config " + text, text + ": configuration: invalid character"},
		{"bench -set batch=-4", "batch is -4"},
		{"bench -vary batch=1,0", "batch is 0; want 1 to 4096"},
		{"bench -vary g_head_kernel=1,2", "g_head_kernel is 2; want an odd number"},
		{"bench -compare " + empty + " " + text, "is no result of bench -json"},
		{"bench -compare " + dir + "/none " + empty, "no such file"},
		{"verify " + dir + "/none", "no such file"},
		{"verify " + text, "no safetensors file"},
		{"datasets info nowhere", `"nowhere" is neither a known set`},
		{"datasets info mnist -data " + dir, "pixelda-wgpu datasets download mnist"},
		{"datasets info " + text, "text.json"},
		{"datasets download mnits -data " + dir, `under the name "mnits"`},
		{"datasets preview digits -train 20 -split test -o " + dir + "/a.png", "has no test images"},
		{"datasets preview digits -train 20 -o " + dir + "/none/a.png", "no such file"},
		{"datasets info digits -size 100000 -train 10", "resize to 100000"},
	} {
		fails(t, console.Failed, c.words, strings.Fields(c.line)...)
	}
	if left, err := filepath.Glob(dir + "/*"); err != nil || len(left) != 2 {
		t.Errorf("failed commands leave %v behind, %v", left, err)
	}
}

// TestHelp reads the help of every command: a terminal of a hundred columns
// holds it, and nothing is left without a word.
func TestHelp(t *testing.T) {
	var visit func(path []string, cmd *cobra.Command)
	visit = func(path []string, cmd *cobra.Command) {
		help := succeeds(t, append(path, "-h")...)
		if again := succeeds(t, append([]string{"help"}, path...)...); again != help {
			t.Errorf("help %v and %v -h differ", path, path)
		}
		if !strings.Contains(help, "\nUsage: pixelda-wgpu") || cmd.Long == "" {
			t.Errorf("the help of %v is\n%s", path, help)
		}
		for line := range strings.Lines(help) {
			if n := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); n > 100 {
				t.Errorf("%v: a line of %d columns: %s", path, n, line)
			}
		}
		for _, sub := range cmd.Commands() {
			if sub.Hidden || sub.Name() == "help" {
				continue
			}
			if sub.Short == "" || !strings.Contains(help, sub.Short) {
				t.Errorf("the help of %v does not tell of %s", path, sub.Name())
			}
			visit(append(slices.Clip(path), sub.Name()), sub)
		}
	}
	visit(nil, newRoot(console.New(&bytes.Buffer{}, &bytes.Buffer{})))
	if bare := succeeds(t); bare != succeeds(t, "-h") {
		t.Error("without a command there is no help")
	}
}

func TestCompletion(t *testing.T) {
	for _, shell := range []string{"bash", "zsh", "fish", "powershell"} {
		if script := succeeds(t, "completion", shell); !strings.Contains(script, "pixelda-wgpu") {
			t.Errorf("the script for %s is %q", shell, script)
		}
	}
	for _, c := range []struct{ line, want string }{
		{"ver", "verify\tcheck"},
		{"info -ad", "-adapter\tuse"},
		{"info --ad", "--adapter\tuse"},
		{"info -", "-json\tprint"},
		{"info -adapter ", "0\t"},
		{"bench -preset ", "small\n"},
		{"datasets info digits", "digits-m\t"},
		{"datasets download us", "usps\n"},
	} {
		args := append([]string{"__complete"}, strings.Split(c.line, " ")...)
		if _, out, _ := runLine(t, args...); !strings.Contains("\n"+out, "\n"+c.want) {
			t.Errorf("%q is completed by\n%s", c.line, out)
		}
	}
}

func TestInfo(t *testing.T) {
	list, err := gpu.Adapters()
	if err != nil {
		t.Fatal(err)
	}
	var m machine
	if err := json.Unmarshal([]byte(succeeds(t, "info", "-json", "-adapter", "0")), &m); err != nil {
		t.Fatal(err)
	}
	if len(m.Adapters) != len(list) || m.Used != 0 || m.Why != "-adapter 0 chooses it" ||
		m.Adapters[0].Limits != list[0].Limits {
		t.Errorf("info tells %+v", m)
	}
	text := succeeds(t, "info")
	for _, want := range []string{"0  " + list[0].Name, "Commands use adapter 0: ", "maxBufferSize",
		"timestamp-query"} {
		if !strings.Contains(text, want) {
			t.Errorf("info has no %q:\n%s", want, text)
		}
	}
}

// A full disk must not look like success.
func TestOutputErrors(t *testing.T) {
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Skip("this system has no /dev/full")
	}
	defer full.Close()
	var errs bytes.Buffer
	if status := run([]string{"datasets", "list"}, full, &errs); status != console.Failed ||
		!strings.Contains(errs.String(), "writing the output") {
		t.Errorf("status %d and %q", status, errs.String())
	}
}
