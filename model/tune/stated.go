package tune

// renamed maps the names that plans had in earlier versions to those that they have
// today. Checkpoints and tuning files name plans, so whoever renames one adds it here:
// runs of before then go on with the same kernels, and compute the same bits.
var renamed = map[string]string{}

// today is what the plan of a name is called in this version.
func today(name string) string {
	if now, ok := renamed[name]; ok {
		return now
	}
	return name
}

// Use takes choices made elsewhere, such as those of a run that is resumed. Missing
// tells which of them could not be used.
func (t *Tuner) Use(choices map[string]string) {
	for op, name := range choices {
		t.choices[op] = today(name)
	}
}

// Missing compares what was chosen so far with the choices that a checkpoint states. It
// returns the operations that are computed otherwise and the plans that the checkpoint
// names for them: plans that are gone, or "" where it names none.
func (t *Tuner) Missing(choices map[string]string) map[string]string {
	missing := map[string]string{}
	for op := range t.asked {
		if name := choices[op]; name == "" || today(name) != t.choices[op] {
			missing[op] = name
		}
	}
	return missing
}
