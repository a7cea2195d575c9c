package spread

import (
	"math"
	"testing"
)

// TestOf compares with arithmetic by hand and the printed table of Student's t,
// which has three digits after the point.
func TestOf(t *testing.T) {
	for _, c := range []struct {
		values          []float64
		mean, deviation float64
		quantile        float64 // t of 97.5 %, n − 1 degrees of freedom
	}{
		{[]float64{1, 3}, 2, math.Sqrt2, 12.706},
		{[]float64{52.0, 53.2, 52.5, 55.0, 50.8}, 52.7, math.Sqrt(2.42), 2.776},
		{[]float64{1, 2, 3, 4, 5, 6, 7, 8, 9, 10}, 5.5, math.Sqrt(82.5 / 9), 2.262},
		{[]float64{7, 7, 7}, 7, 0, 4.303},
	} {
		s, err := Of(c.values)
		if err != nil {
			t.Fatal(err)
		}
		margin := c.quantile * c.deviation / math.Sqrt(float64(len(c.values)))
		if math.Abs(s.Mean-c.mean) > 1e-12 || math.Abs(*s.Deviation-c.deviation) > 1e-12 ||
			math.Abs(*s.Margin-margin) > 5e-4*c.deviation {
			t.Errorf("%v: %g ± %g, margin %g; want %g ± %g, %g", c.values, s.Mean, *s.Deviation, *s.Margin, c.mean,
				c.deviation, margin)
		}
	}
	if s, err := Of([]float64{3}); err != nil || s.Mean != 3 || s.Deviation != nil || s.Margin != nil {
		t.Errorf("one value: %+v, %v", s, err)
	}
	for _, values := range [][]float64{nil, {1, math.NaN()}, {math.Inf(1)}} {
		if _, err := Of(values); err == nil {
			t.Errorf("%v are taken", values)
		}
	}
}

// TestDiffer uses Welch's example of unequal variances: t = 2 over the standard
// error decides, and the degrees of freedom lie between the smaller sample's and
// the sum of both.
func TestDiffer(t *testing.T) {
	of := func(values ...float64) Spread {
		s, err := Of(values)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	// Two samples of three with variance 1: the standard error is √(2/3) = 0.8165,
	// there are 4 degrees of freedom, t is 2.776, so the line lies at 2.2668.
	for shift, want := range map[float64]bool{2.26: false, 2.28: true, -2.28: true, 0: false} {
		if got, known := Differ(of(1, 2, 3), of(1+shift, 2+shift, 3+shift)); got != want || !known {
			t.Errorf("shifted by %g: differ %v, known %v; want %v", shift, got, known, want)
		}
	}
	// One of them without variance: 2 degrees of freedom, t 4.303, error 0.5774: 2.484.
	for shift, want := range map[float64]bool{2.47: false, 2.50: true} {
		if got, known := Differ(of(1, 2, 3), of(2+shift, 2+shift, 2+shift)); got != want || !known {
			t.Errorf("from a constant by %g: differ %v, known %v; want %v", shift, got, known, want)
		}
	}
	if got, known := Differ(of(1, 1), of(2, 2)); !got || !known {
		t.Error("constants that differ do not")
	}
	if _, known := Differ(of(1), of(2, 3)); known {
		t.Error("one value is enough")
	}
}
