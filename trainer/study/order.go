package study

import "pixelda-wgpu/trainer/spread"

// Order compares how a column's rows rank here with how they rank in the paper.
type Order struct {
	Column   string    `json:"column"` // its title
	Pairs    int       `json:"pairs"`  // of rows whose figures differ in the paper and exist here
	Reversed []Reverse `json:"reversed"`
}

// Held reports whether all pairs rank as in the paper.
func (o Order) Held() bool { return len(o.Reversed) == 0 }

// Reverse is a pair of rows that rank differently from the paper: the first has the larger figure
// there, but not here. This holds for angles as for shares, since only the order counts.
type Reverse struct {
	Larger  string  `json:"larger"`
	Smaller string  `json:"smaller"`
	Paper   float64 `json:"paper"`  // by how much, in points
	Ours    float64 `json:"ours"`   // the same difference here, 0 or less
	Chance  Chance  `json:"chance"` // whether seeds may explain the difference here
}

// Chance says whether seeds may explain a difference.
type Chance string

// The possible answers.
const (
	Unknown Chance = "unknown" // too few seeds
	Within  Chance = "within"  // the spread over seeds explains it (Welch's test, 95 %)
	Beyond  Chance = "beyond"  // it does not
)

// order compares all pairs of rows in a column.
func (r *Report) order(column int) Order {
	o := Order{Column: r.Heading(column), Reversed: []Reverse{}}
	for i, a := range r.Rows {
		for _, b := range r.Rows[i+1:] {
			x, y := a, b
			fx, fy := x.Figures[column], y.Figures[column]
			if fx.Paper == nil || fy.Paper == nil || fx.Ours == nil || fy.Ours == nil || *fx.Paper == *fy.Paper {
				continue
			}
			if *fx.Paper < *fy.Paper {
				x, y, fx, fy = y, x, fy, fx
			}
			o.Pairs++
			if *fx.Ours > *fy.Ours {
				continue
			}
			rev := Reverse{x.Title, y.Title, *fx.Paper - *fy.Paper, *fx.Ours - *fy.Ours, Unknown}
			if r.Columns[column].Statistic != AccuracyDeviation {
				if differ, known := spread.Differ(*fx.Spread, *fy.Spread); known {
					rev.Chance = Within
					if differ {
						rev.Chance = Beyond
					}
				}
			}
			o.Reversed = append(o.Reversed, rev)
		}
	}
	return o
}
