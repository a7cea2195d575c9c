// Package validate scores a classifier on target images whose labels nobody
// knows, so that the best checkpoint can be chosen as honestly as the model is
// trained. The literature calls such scores unsupervised validators; the
// PyTorch-Adapt library gathers many of them.
//
// The trainer uses InformationMaximization. Entropy alone rewards a classifier
// that collapsed into one class with full confidence, which is how adversarial
// adaptation fails; the entropy of the predicted classes over all images falls
// to zero then, and the score with it. SoftNeighborhoodDensity looks at features
// instead of classes and is kept as a second opinion.
//
// Functions take class probabilities [n, classes], row by row, each row a
// distribution, and compute in float64. Entropies are in nats. Scores are higher
// for better classifiers.
package validate

import (
	"math"
	"slices"

	"pixelda-wgpu/gpu/fault"
)

// origin marks the errors of this package.
const origin fault.Origin = "trainer/validate"

// InformationMaximization estimates the mutual information of image and
// predicted class: the entropy of the mean prediction minus the mean entropy of
// the predictions. It lies between 0 (all alike, or each undecided) and
// ln(classes) (each certain, all classes equally frequent). It presumes target
// classes of similar frequency. After Shi and Sha, "Information-Theoretical
// Learning of Discriminative Clusters for Unsupervised Domain Adaptation"
// (ICML 2012).
func InformationMaximization(probabilities []float32, classes int) (float64, error) {
	n, err := rows(probabilities, classes)
	if err != nil {
		return 0, err
	}
	marginal := make([]float64, classes)
	for i, p := range probabilities {
		marginal[i%classes] += float64(p) / float64(n)
	}
	return entropy(marginal) - meanEntropy(probabilities, n), nil
}

// NegativeEntropy is minus the mean entropy of the predictions, between
// -ln(classes) and 0: how certain the classifier is of each image.
func NegativeEntropy(probabilities []float32, classes int) (float64, error) {
	n, err := rows(probabilities, classes)
	if err != nil {
		return 0, err
	}
	return -meanEntropy(probabilities, n), nil
}

// SoftNeighborhoodDensity says how evenly each image is surrounded by similar ones: the mean
// entropy of the softmax, at the given temperature, of an image's cosine similarities to the
// others. Dense, well-separated clusters give a high value. Features are [n, width], for instance
// the probabilities; the published temperature is 0.05. It takes n² · width operations, so use a
// sample: a thousand images are enough. After Saito et al., "Tune it the Right Way" (ICCV 2021).
func SoftNeighborhoodDensity(features []float32, width int, temperature float64) (float64, error) {
	n, err := rows(features, width)
	if err != nil {
		return 0, err
	}
	if n < 2 || temperature <= 0 {
		return 0, origin.Errorf("soft neighborhood density of %d images at temperature %v; needs 2 and one above 0", n,
			temperature)
	}
	unit := make([]float64, len(features))
	for i := range n {
		row := features[i*width : (i+1)*width]
		norm := 0.0
		for _, v := range row {
			norm += float64(v) * float64(v)
		}
		norm = max(math.Sqrt(norm), 1e-12) // a zero row is similar to nothing
		for k, v := range row {
			unit[i*width+k] = float64(v) / norm
		}
	}
	sum, similarities := 0.0, make([]float64, n)
	for i := range n {
		for j := range n {
			dot := 0.0
			for k := range width {
				dot += unit[i*width+k] * unit[j*width+k]
			}
			similarities[j] = dot / temperature
		}
		similarities[i] = math.Inf(-1) // an image is not its own neighbour
		softmax(similarities)
		sum += entropy(similarities)
	}
	return sum / float64(n), nil
}

// Probabilities turns logits [n, classes] into class probabilities.
func Probabilities(logits []float32, classes int) ([]float32, error) {
	n, err := rows(logits, classes)
	if err != nil {
		return nil, err
	}
	probabilities, row := make([]float32, len(logits)), make([]float64, classes)
	for i := range n {
		for k := range row {
			row[k] = float64(logits[i*classes+k])
		}
		softmax(row)
		for k, p := range row {
			probabilities[i*classes+k] = float32(p)
		}
	}
	return probabilities, nil
}

// softmax works in place, safe from overflow.
func softmax(values []float64) {
	top, total := slices.Max(values), 0.0
	for k, v := range values {
		values[k] = math.Exp(v - top)
		total += values[k]
	}
	for k := range values {
		values[k] /= total
	}
}

func meanEntropy(probabilities []float32, n int) float64 {
	sum := 0.0
	for _, p := range probabilities {
		if p > 0 {
			sum -= float64(p) * math.Log(float64(p))
		}
	}
	return sum / float64(n)
}

func entropy(distribution []float64) float64 {
	sum := 0.0
	for _, p := range distribution {
		if p > 0 {
			sum -= p * math.Log(p)
		}
	}
	return sum
}

// rows counts the rows and rejects what would make a score meaningless.
func rows(values []float32, width int) (int, error) {
	if width < 1 || len(values) == 0 || len(values)%width != 0 {
		return 0, origin.Errorf("%d values are no rows of %d", len(values), width)
	}
	for i, v := range values {
		if math.IsNaN(float64(v)) || math.IsInf(float64(v), 0) {
			return 0, origin.Errorf("image %d has the value %v", i/width, v)
		}
	}
	return len(values) / width, nil
}
