package expand

import (
	"strings"
	"testing"
)

func TestEvaluate(t *testing.T) {
	for expr, want := range map[string]any{
		"7": int64(7), " 7u ": int64(7), "3i": int64(3), "0.5": 0.5, "2e-3f": 0.002, "true": true,
		"1 + 2 * 3 - 4": int64(3), "(1 + 2) * 3": int64(9), "10 - 4 - 3": int64(3), "24 / 4 / 2": int64(3),
		"7 / 2": int64(3), "0 - 7 / 2": int64(-3), "(0 - 7) / 2": int64(-3), "(-7) % 4": int64(-3),
		"- 7 % 4": int64(-3), "--2": int64(2),
		"7.0 / 2": 3.5, "1 / f32(4)": 0.25, "f32(4)": 4.0, "u32(5) + u32(i32(2))": int64(7), "1.0 - 0.25": 0.75,
		"min(3, 4u) + max(3, 4)": int64(7), "min(2.5, 2)": int64(2), "max(-1, (2))": int64(2),
		"1 + 1 == 2 && 3 < 4": true, "1 > 2 || 2 >= 2": true, "1 == 1 && !(2 <= 1)": true, "true == false": false,
		"1 != 1.5":                          true,
		"5 % 4 == 1 || 1 / 1 == 2 && false": true, "(c)": nil,
	} {
		got, err := evaluate(expr)
		if want == nil {
			if err == nil {
				t.Errorf("%s is %v; want an error", expr, got)
			}
			continue
		}
		if got != want || err != nil {
			t.Errorf("%s is %v, %v; want %v", expr, got, err, want)
		}
	}
}

func TestEvaluateErrors(t *testing.T) {
	for expr, want := range map[string]string{
		"": "no constant expression", "1 +": "no constant expression", "(1": "no constant expression",
		"1)":  "no constant expression",
		"1 2": "no constant expression", "1 & 2": "no constant expression", "1 << 2": "no constant expression",
		"0x1":          "no constant expression",
		"min(1, 2, 3)": "no constant expression", "f(": "no constant expression", "1.2.3": "no constant expression",
		"n + 1": "n is not constant", "tanh(1.0)": "tanh is not constant", "min(1)": "min is not constant",
		"u32(1.5)": "u32 is not constant",
		"1 / 0":    "division by zero", "1.5 / 0.0": "division by zero", "1 % (2 - 2)": "division by zero",
		"true + 1": "mixed types", "!1": "mixed types", "-true": "mixed types", "true < false": "mixed types",
		"1 && 1": "mixed types", "max(1, true)": "mixed types",
	} {
		if got, err := evaluate(expr); err == nil || !strings.HasSuffix(err.Error(), want) {
			t.Errorf("%s is %v, %v; want an error with %q", expr, got, err, want)
		}
	}
	if _, err := evaluateInt("1.0"); err == nil {
		t.Error("1.0 is an integer")
	}
}

func FuzzEvaluate(f *testing.F) {
	for _, s := range []string{"1 + 2u * (3 - 4)", "min(1.5, x)", "!(true || 1 < 2)", "a[", "e-", "1e-"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, expr string) {
		v, err := evaluate(expr)
		if (v == nil) == (err == nil) {
			t.Errorf("%q: %v, %v", expr, v, err)
		}
	})
}
