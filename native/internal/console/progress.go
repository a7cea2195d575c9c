package console

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"
)

// Progress shows how far a long piece of work is, with its rate and the time left: as a bar on a
// terminal, else as an occasional line. It is for one goroutine.
type Progress struct {
	out     io.Writer
	what    string // the line's head, as "train"
	unit    string // of the counts, as "steps"; "bytes" are shown in MB
	total   int64  // 0 where it is not known
	done    int64
	note    string
	bar     *progressbar.ProgressBar // nil where there is no terminal
	width   func() int               // of the terminal
	every   time.Duration            // between two looks
	now     func() time.Time
	shown   time.Time
	started time.Time
	from    int64
	recent  []mark // the last minute or so, from which the rate is taken
}

type mark struct {
	at   time.Time
	done int64
}

const (
	barEvery   = 100 * time.Millisecond
	lineEvery  = 10 * time.Second
	markEvery  = time.Second
	marksKept  = 60
	barColumns = 20
)

// newProgress starts to show work on out that begins at count from, as a resumed run does, and ends
// at total, which is 0 if unknown.
func newProgress(out *os.File, what, unit string, from, total int64) *Progress {
	p := plainProgress(out, what, unit, from, total, time.Now)
	if !term.IsTerminal(int(out.Fd())) || os.Getenv("TERM") == "dumb" {
		return p
	}
	p.every = barEvery
	p.width = func() int {
		width, _, err := term.GetSize(int(out.Fd()))
		if err != nil {
			return 80
		}
		return width
	}
	length := total
	if total == 0 {
		length = -1
	}
	p.bar = progressbar.NewOptions64(length,
		progressbar.OptionSetWriter(out),
		progressbar.OptionSetWidth(barColumns),
		progressbar.OptionSetPredictTime(false),
		progressbar.OptionSetElapsedTime(false),
		progressbar.OptionShowDescriptionAtLineEnd(),
		progressbar.OptionUseANSICodes(true))
	return p
}

func plainProgress(out io.Writer, what, unit string, from, total int64, now func() time.Time) *Progress {
	at := now()
	return &Progress{out: out, what: what, unit: unit, from: from, done: from, total: total, every: lineEvery,
		now: now, started: at, shown: at, recent: []mark{{at, from}}}
}

// Set says how much is done and, in a word or two, how it is going, such as losses.
func (p *Progress) Set(done int64, note string) {
	p.done, p.note = done, note
	now := p.now()
	if last := p.recent[len(p.recent)-1]; now.Sub(last.at) >= markEvery {
		p.recent = append(p.recent, mark{now, done})
		if len(p.recent) > marksKept {
			p.recent = p.recent[1:]
		}
	}
	if now.Sub(p.shown) >= p.every {
		p.shown = now
		p.show()
	}
}

// Print puts a line of its own above the bar.
func (p *Progress) Print(line string) {
	p.Erase()
	fmt.Fprintln(p.out, line)
	if p.bar != nil {
		p.show()
	}
}

// Close ends the display with a last line: how much was done, in how much time.
func (p *Progress) Close() {
	p.Erase()
	elapsed := p.now().Sub(p.started)
	fmt.Fprintf(p.out, "%s: %s in %s", p.what, p.count(p.done), roughly(elapsed))
	if rate := float64(p.done-p.from) / elapsed.Seconds(); elapsed > 0 && p.done > p.from {
		fmt.Fprintf(p.out, ", %s", p.rate(rate))
	}
	fmt.Fprintln(p.out)
}

// Erase removes the bar from the terminal's last line.
func (p *Progress) Erase() {
	if p.bar != nil {
		fmt.Fprint(p.out, "\r\x1b[K")
	}
}

func (p *Progress) show() {
	if p.bar == nil {
		fmt.Fprintf(p.out, "%s: %s\n", p.what, p.status())
		return
	}
	const percentAndFrame = 12
	status := []rune(p.what + " " + p.status())
	if room := p.width() - barColumns - percentAndFrame; len(status) > room {
		status = status[:max(room, 0)]
	}
	// An error here only concerns the display, which must not stop the work.
	p.bar.Describe(string(status))
	_ = p.bar.Set64(p.done)
}

// status is "300/2000 steps, 5.1 steps/s, 5m30s left, d 1.38".
func (p *Progress) status() string {
	parts := []string{p.count(p.done)}
	first := p.recent[0]
	if seconds := p.now().Sub(first.at).Seconds(); seconds > 0 && p.done > first.done {
		rate := float64(p.done-first.done) / seconds
		parts = append(parts, p.rate(rate))
		if p.total > p.done {
			parts = append(parts, roughly(time.Duration(float64(p.total-p.done)/rate*float64(time.Second)))+" left")
		}
	}
	if p.note != "" {
		parts = append(parts, p.note)
	}
	return strings.Join(parts, ", ")
}

func (p *Progress) count(n int64) string {
	switch {
	case p.unit == "bytes" && p.total > 0:
		return fmt.Sprintf("%.1f/%.1f MB", float64(n)/1e6, float64(p.total)/1e6)
	case p.unit == "bytes":
		return fmt.Sprintf("%.1f MB", float64(n)/1e6)
	case p.total > 0:
		return fmt.Sprintf("%d/%d %s", n, p.total, p.unit)
	}
	return fmt.Sprintf("%d %s", n, p.unit)
}

func (p *Progress) rate(perSecond float64) string {
	switch {
	case p.unit == "bytes":
		return fmt.Sprintf("%.1f MB/s", perSecond/1e6)
	case perSecond < 0.5:
		return fmt.Sprintf("%s s/%s", threeDigits(1/perSecond), strings.TrimSuffix(p.unit, "s"))
	}
	return fmt.Sprintf("%s %s/s", threeDigits(perSecond), p.unit)
}

func threeDigits(v float64) string {
	if v >= 100 {
		return fmt.Sprintf("%.0f", v)
	}
	return fmt.Sprintf("%.3g", v)
}

// roughly rounds a duration to what a person wants to know.
func roughly(d time.Duration) string {
	switch {
	case d < 10*time.Second:
		return d.Round(100 * time.Millisecond).String()
	case d < time.Hour:
		return d.Round(time.Second).String()
	}
	return strings.TrimSuffix(d.Round(time.Minute).String(), "0s")
}
