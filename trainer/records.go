package trainer

import (
	"encoding/json"

	"pixelda-wgpu/trainer/engine"
)

// TrainRecord is a line of metrics.jsonl about the iterations since the last one. Sinks get it as
// an event.
type TrainRecord struct {
	Step         int                `json:"step"` // iterations done
	Kind         string             `json:"kind"` // "train"
	Loss         map[string]float64 `json:"loss"` // unweighted means
	Correct      map[string]float64 `json:"batch_accuracy"`
	LearningRate float64            `json:"learning_rate"`
	Rate         float64            `json:"iterations_per_second"`
	Seconds      float64            `json:"seconds"` // since this process began to train
}

// EvalRecord is a line of metrics.jsonl about an evaluation.
type EvalRecord struct {
	Step     int                      `json:"step"`
	Kind     string                   `json:"kind"`            // "eval"
	Accuracy map[string]float64       `json:"accuracy"`        // on test images, by domain: target, source, adapted
	Angle    map[string]engine.Angles `json:"angle,omitempty"` // mean errors of orientation, by domain
	// by which the best checkpoint is chosen, without target labels
	Score float64 `json:"score"`
}

// newEvalRecord is the record of an evaluation after that many iterations.
func newEvalRecord(step int, byDomain map[string]engine.Evaluation, score float64) EvalRecord {
	rec := EvalRecord{Step: step, Kind: "eval", Accuracy: map[string]float64{}, Score: score}
	for domain, ev := range byDomain {
		rec.Accuracy[domain] = ev.Accuracy
		if ev.Angle != nil {
			if rec.Angle == nil {
				rec.Angle = map[string]engine.Angles{}
			}
			rec.Angle[domain] = *ev.Angle
		}
	}
	return rec
}

// ParseEval decodes a line of metrics.jsonl if it is an evaluation, and says whether it is.
func ParseEval(line []byte) (rec EvalRecord, ok bool, err error) {
	var kind struct {
		Kind string `json:"kind"`
	}
	if err := json.Unmarshal(line, &kind); err != nil {
		return rec, false, origin.Errorf("metrics.jsonl: %w", err)
	}
	if kind.Kind != "eval" {
		return rec, false, nil
	}
	err = json.Unmarshal(line, &rec)
	return rec, err == nil, err
}
