package study

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
)

// Markdown writes the report for people to read: report.md.
func (r *Report) Markdown(w io.Writer) error {
	m := &markdown{}
	m.line("# %s", r.Title)
	m.line("%s", r.About)
	m.line("    %s", r.Command)
	if r.Scale == Tiny {
		m.line("**A test of the program: the figures mean nothing.**")
	}
	m.table(r)
	m.order(r)
	m.notes(r)
	m.made(r)
	m.runs(r)
	m.pictures(r)
	_, err := io.WriteString(w, m.String())
	return err
}

// markdown is text made of paragraphs.
type markdown struct{ strings.Builder }

// line adds a paragraph.
func (m *markdown) line(format string, args ...any) {
	if m.Len() > 0 {
		m.WriteString("\n")
	}
	fmt.Fprintf(m, format+"\n", args...)
}

// grid adds a table: the first column is text, the others are figures.
func (m *markdown) grid(head []string, rows [][]string) {
	m.WriteString("\n")
	fmt.Fprintf(m, "| %s |\n|%s\n", strings.Join(head, " | "), " --- |"+strings.Repeat(" ---: |", len(head)-1))
	for _, row := range rows {
		fmt.Fprintf(m, "| %s |\n", strings.Join(row, " | "))
	}
}

func (m *markdown) table(r *Report) {
	head := []string{""}
	for i := range r.Columns {
		title := r.Heading(i)
		head = append(head, title+", paper", title+", here")
	}
	var rows [][]string
	for _, row := range r.Rows {
		cells := []string{row.Title}
		for i, f := range row.Figures {
			cells = append(cells, f.PaperText(), f.Text(r.Columns[i].Statistic))
		}
		rows = append(rows, cells)
	}
	m.grid(head, rows)
	text := "Accuracies are in percent, angles in degrees, measured on all of the target's test images " +
		"after the last iteration"
	if len(r.Seeds) > 1 {
		text += ", means over seeds ± the half-width of their 95 % confidence interval by Student's t"
	} else {
		text += "; one seed, so nothing is known of its spread"
	}
	m.line("%s. – : no figure; the paper's are given where a source at hand confirms them.", text)
}

// Text names a statistic with its unit.
func (s Statistic) Text() string {
	switch s {
	case AccuracyDeviation:
		return "deviation over seeds of accuracy in %"
	case UnseenAccuracy:
		return "% of unseen classes"
	case Angle:
		return "angle in °"
	}
	return "accuracy in %"
}

// Text is the figure found here, as shown in tables.
func (f Figure) Text(s Statistic) string {
	if f.Ours == nil {
		return "–"
	}
	text := fmt.Sprintf("%.1f", *f.Ours)
	if s != AccuracyDeviation && f.Spread.Margin != nil {
		text += fmt.Sprintf(" ± %.1f", *f.Spread.Margin)
	}
	return text
}

// PaperText is the paper's figure, as shown in tables.
func (f Figure) PaperText() string {
	if f.Paper == nil {
		return "–"
	}
	text := strconv.FormatFloat(*f.Paper, 'f', -1, 64)
	if !strings.Contains(text, ".") {
		text += ".0"
	}
	return text
}

// Heading names a column by what distinguishes it: scenario, statistic or both.
func (r *Report) Heading(column int) string {
	c := r.Columns[column]
	scenarios, statistics := false, false
	for _, other := range r.Columns {
		scenarios = scenarios || other.Scenario != c.Scenario
		statistics = statistics || other.Statistic != c.Statistic
	}
	switch {
	case !scenarios && !statistics:
		return c.Title + ", " + c.Statistic.Text()
	case !statistics:
		return c.Title
	case !scenarios:
		return c.Statistic.Text()
	}
	return c.Title + ", " + c.Statistic.Text()
}

// Repeated reports whether a column is another statistic for the images of an earlier one.
func (r *Report) Repeated(column int) bool {
	return slices.ContainsFunc(r.Columns[:column],
		func(c ReportColumn) bool { return c.Scenario == r.Columns[column].Scenario })
}

func (m *markdown) order(r *Report) {
	for _, o := range r.Order {
		m.line("%s", o.Text())
		for _, v := range o.Reversed {
			fmt.Fprintf(m, "- %s\n", v.Text())
		}
	}
	if r.Scale != Full && slices.ContainsFunc(r.Order, func(o Order) bool { return !o.Held() }) {
		m.line("At this scale runs have %.1f to %.1f %% of the full iterations, in narrower networks, and what long "+
			"training parts need not be apart yet: "+
			"only the full scale can contradict the paper.", 100*r.Share[0], 100*r.Share[1])
	}
}

// Text says whether the order held.
func (o Order) Text() string {
	if o.Held() {
		return fmt.Sprintf("**%s: the paper's order held**, in all of %d pairs of rows.", o.Column, o.Pairs)
	}
	return fmt.Sprintf("**%s: the paper's order did not hold** in %d of %d pairs of rows.", o.Column, len(o.Reversed),
		o.Pairs)
}

// Text says what the paper has and what was found here.
func (v Reverse) Text() string {
	chance := map[Chance]string{
		Unknown: "whether that is chance, these seeds cannot tell", Within: "within the spread over seeds",
		Beyond: "more than the spread over seeds explains",
	}[v.Chance]
	here := "the same as it"
	if v.Ours < 0 {
		here = fmt.Sprintf("%.1f below it", -v.Ours)
	}
	return fmt.Sprintf("%s is %.1f points above %s in the paper, %s here (%s).", v.Larger, v.Paper, v.Smaller, here,
		chance)
}

func (m *markdown) notes(r *Report) {
	if len(r.Failures) > 0 {
		m.line("**%d cells have no outcome:**\n", len(r.Failures))
		for _, f := range r.Failures {
			fmt.Fprintf(m, "- `%s`: %s\n", f.Key, f.Error)
		}
	}
	for _, n := range r.Notes {
		m.line("%s", n)
	}
}

// made says what the figures were made from.
func (m *markdown) made(r *Report) {
	m.line("## Made from\n")
	seeds := make([]string, len(r.Seeds))
	for i, s := range r.Seeds {
		seeds[i] = fmt.Sprint(s)
	}
	fmt.Fprintf(m, "- program: %s\n- adapter: %s\n- seeds: %s\n- scale: %s\n", r.Version,
		strings.Join(r.Adapters, "; "),
		strings.Join(seeds, ", "), r.Scale)
	for i, c := range r.Columns {
		if r.Repeated(i) {
			continue
		}
		fmt.Fprintf(m, "- %s: source `%s`, target `%s`; fingerprints of their images %s\n", c.Title, c.Source, c.Target,
			quoted(c.Data))
	}
	if len(r.Shrunk) == 0 {
		fmt.Fprintf(m, "- settings: those of the paper and its code\n")
		return
	}
	m.line("The scale changed the full settings:\n")
	common := slices.Clone(r.Shrunk[0].Changes)
	for _, s := range r.Shrunk[1:] {
		common = slices.DeleteFunc(common, func(change string) bool { return !slices.Contains(s.Changes, change) })
	}
	if len(common) > 0 {
		fmt.Fprintf(m, "- all: %s\n", strings.Join(common, ", "))
	}
	for _, s := range r.Shrunk {
		own := slices.DeleteFunc(slices.Clone(s.Changes), func(change string) bool {
			return slices.Contains(common, change)
		})
		if len(own) > 0 {
			fmt.Fprintf(m, "- %s, %s: %s\n", s.Scenario, s.Row, strings.Join(own, ", "))
		}
	}
}

func quoted(names []string) string {
	if len(names) == 0 {
		return "–"
	}
	short := make([]string, len(names))
	for i, n := range names {
		parts := strings.Split(n, "+")
		for k, p := range parts {
			parts[k] = p[:min(12, len(p))]
		}
		short[i] = "`" + strings.Join(parts, "+") + "`"
	}
	return strings.Join(short, ", ")
}

func (m *markdown) runs(r *Report) {
	m.line("## Runs")
	percent := func(v *float64) string {
		if v == nil {
			return "–"
		}
		return fmt.Sprintf("%.1f", 100**v)
	}
	var rows [][]string
	memory := false
	for _, run := range r.Runs {
		memory = memory || run.Memory != nil
		rows = append(rows, []string{run.Key, fmt.Sprint(run.Iterations), run.minutes(), percent(&run.Accuracy),
			percent(run.Chosen), percent(run.Oracle), run.remark()})
	}
	m.grid([]string{"run", "iterations", "minutes", "last", "chosen", "oracle", "proxy A-distance, C"}, rows)
	m.line(
		"Minutes of training, without evaluations. Target test accuracy, percent, after the last iteration, of the " +
			"checkpoint that was chosen without target labels, and of the best evaluation by them. " +
			"The proxy A-distance tells how far the images that the classifier learned from are from the target's by " +
			"its own features: 0 where a linear machine cannot tell them apart, 2 where it never errs.")
	if !memory {
		return
	}
	rows = nil
	for _, run := range r.Runs {
		if d := run.Memory; d != nil {
			cell := func(x Distances) string { return fmt.Sprintf("%.3f / %.3f / %.3f", x.Least, x.Median, x.Mean) }
			rows = append(rows, []string{run.Key, fmt.Sprint(d.Images), cell(d.Adapted), cell(d.Target)})
		}
	}
	m.grid([]string{"distance to the nearest target image: least / median / mean", "images", "adapted", "target's own"},
		rows)
}

// minutes is how long a run trained.
func (r ReportRun) minutes() string {
	if r.Seconds == 0 {
		return "–"
	}
	return fmt.Sprintf("%.1f", r.Seconds/60)
}

// remark is what else there is to say about a run.
func (r ReportRun) remark() string {
	switch {
	case r.Divergence != nil:
		return fmt.Sprintf("%.2f", *r.Divergence)
	case r.Cost != nil:
		return fmt.Sprintf("C %g", *r.Cost)
	}
	return "–"
}

func (m *markdown) pictures(r *Report) {
	for _, p := range r.Pictures {
		m.line("![%s](%s)", p.Caption, p.File)
		m.line("*%s*", p.Caption)
	}
}
