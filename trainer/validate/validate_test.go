package validate

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"pixelda-wgpu/gpu/fault"
)

// tolerance is for sums of float32 inputs in float64: a probability carries a
// relative error of 6e-8, an entropy of ten of them a little more.
const tolerance = 1e-6

func near(a, b float64) bool { return math.Abs(a-b) <= tolerance }

// predictions are n rows with confidence in class pick(i), the rest spread evenly.
func predictions(n, classes int, confidence float32, pick func(i int) int) []float32 {
	rows := make([]float32, n*classes)
	for i := range n {
		for k := range classes {
			rows[i*classes+k] = (1 - confidence) / float32(classes-1)
		}
		rows[i*classes+pick(i)] = confidence
	}
	return rows
}

func TestInformationMaximization(t *testing.T) {
	const n, classes = 100, 10
	each := func(i int) int { return i % classes }
	for _, c := range []struct {
		name          string
		probabilities []float32
		im, certainty float64
	}{
		{"certain and balanced", predictions(n, classes, 1, each), math.Log(classes), 0},
		{"collapsed into one class", predictions(n, classes, 1, func(int) int { return 3 }), 0, 0},
		{"undecided", predictions(n, classes, 0.1, each), 0, -math.Log(classes)},
		// By hand: a row of 0.9 and nine of 1/90 has the entropy
		// -0.9 ln 0.9 + 0.1 ln 90 = 0.5448054; the mean prediction is uniform.
		{"nearly certain", predictions(n, classes, 0.9, each), math.Log(classes) - 0.5448054, -0.5448054},
	} {
		im, err := InformationMaximization(c.probabilities, classes)
		if err != nil || !near(im, c.im) {
			t.Errorf("%s: information %v, %v; want %v", c.name, im, err, c.im)
		}
		certainty, err := NegativeEntropy(c.probabilities, classes)
		if err != nil || !near(certainty, c.certainty) {
			t.Errorf("%s: certainty %v, %v; want %v", c.name, certainty, err, c.certainty)
		}
	}
}

func TestInformationStaysInItsRange(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n, classes := rapid.IntRange(1, 50).Draw(t, "n"), rapid.IntRange(2, 12).Draw(t, "classes")
		sharpness := rapid.Float64Range(0, 50).Draw(t, "sharpness")
		random := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
		p := make([]float32, n*classes)
		for i := range n {
			total, row := 0.0, make([]float64, classes)
			for k := range row {
				row[k] = math.Exp(sharpness * random.Float64())
				total += row[k]
			}
			for k := range row {
				p[i*classes+k] = float32(row[k] / total)
			}
		}
		im, err := InformationMaximization(p, classes)
		if err != nil || im < -tolerance || im > math.Log(float64(classes))+tolerance {
			t.Errorf("information %v, %v is outside 0 .. ln %d", im, err, classes)
		}
	})
}

func TestSoftNeighborhoodDensity(t *testing.T) {
	const n, classes = 40, 4
	// Four groups of ten alike: an image has nine neighbours at cosine 1 and 30
	// at cosine 0, whose weight exp(-1/0.05) = 2e-9 is below the tolerance.
	clusters := predictions(n, classes, 1, func(i int) int { return i % classes })
	got, err := SoftNeighborhoodDensity(clusters, classes, 0.05)
	if err != nil || !near(got, math.Log(9)) {
		t.Errorf("clusters: %v, %v; want ln 9 = %v", got, err, math.Log(9))
	}
	// Alone in its direction, with all others equally far.
	alone := predictions(classes, classes, 1, func(i int) int { return i })
	got, err = SoftNeighborhoodDensity(alone, classes, 0.05)
	if err != nil || !near(got, math.Log(3)) {
		t.Errorf("alone: %v, %v; want ln 3 = %v", got, err, math.Log(3))
	}
	// Scaling a row does not turn it.
	scaled := append([]float32(nil), clusters...)
	for i := range scaled {
		scaled[i] *= float32(1 + i/classes)
	}
	// A temperature at which every weight but the greatest underflows.
	if sharp, err := SoftNeighborhoodDensity(clusters, classes, 1e-4); err != nil || !near(sharp, math.Log(9)) {
		t.Errorf("sharp: %v, %v; want %v", sharp, err, math.Log(9))
	}
	if again, err := SoftNeighborhoodDensity(scaled, classes, 0.05); err != nil || !near(again, math.Log(9)) {
		t.Errorf("scaled clusters: %v, %v; want %v", again, err, math.Log(9))
	}
}

func TestProbabilities(t *testing.T) {
	ln3 := float32(math.Log(3))
	got, err := Probabilities([]float32{0, ln3, 1000, 1000, -2000, 2000}, 2)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []float64{0.25, 0.75, 0.5, 0.5, 0, 1} {
		if !near(float64(got[i]), want) {
			t.Errorf("probability %d is %v, want %v", i, got[i], want)
		}
	}
}

func TestRefusals(t *testing.T) {
	nan := float32(math.NaN())
	for _, c := range []struct {
		values []float32
		width  int
		say    string
	}{
		{nil, 3, "0 values"},
		{[]float32{1, 2}, 3, "no rows of 3"},
		{[]float32{1}, 0, "no rows of 0"},
		{[]float32{1, 0, nan, 0}, 2, "image 1"},
	} {
		_, information := InformationMaximization(c.values, c.width)
		_, certainty := NegativeEntropy(c.values, c.width)
		_, density := SoftNeighborhoodDensity(c.values, c.width, 0.05)
		_, probabilities := Probabilities(c.values, c.width)
		for _, err := range []error{information, certainty, density, probabilities} {
			if err == nil || fault.Of(err) == "" || !strings.Contains(err.Error(), c.say) {
				t.Errorf("error %v, want one with %q", err, c.say)
			}
		}
	}
	if _, err := SoftNeighborhoodDensity([]float32{1, 0}, 2, 0.05); err == nil {
		t.Error("the density of one image was computed")
	}
}
