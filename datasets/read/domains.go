package read

import (
	"slices"
	"strconv"
	"strings"

	"pixelda-wgpu/datasets"
)

// Domains turns files into one set of splits per domain, in name order; without a domain level
// there is one domain, called "".
func Domains(name string, entries []Entry, o datasets.Options) ([]datasets.Domain, error) {
	files, err := collect(entries)
	if err != nil {
		return nil, origin.Errorf("%s: %w", name, err)
	}
	if len(files) == 0 {
		return nil, origin.Errorf("%s: no PNG, JPEG or WebP images", name)
	}
	places, err := arrange(files)
	if err != nil {
		return nil, origin.Errorf("%s: %w", name, err)
	}
	classes := map[string][]string{} // by domain
	for _, p := range places {
		if p.class != "" && !slices.Contains(classes[p.domain], p.class) {
			classes[p.domain] = append(classes[p.domain], p.class)
		}
	}
	var names []string
	for _, p := range places {
		if !slices.Contains(names, p.domain) {
			names = append(names, p.domain)
		}
	}
	slices.Sort(names)
	for _, domain := range names {
		sortClasses(classes[domain])
		a := &datasets.Set{Name: name + "/" + names[0], Labels: []uint32{}, Classes: classes[names[0]]}
		b := &datasets.Set{Name: name + "/" + domain, Labels: []uint32{}, Classes: classes[domain]}
		if err := datasets.MatchClasses(a, b); err != nil {
			return nil, err
		}
	}
	var out []datasets.Domain
	for _, domain := range names {
		title := strings.TrimSuffix(name+"/"+domain, "/")
		var members []int
		for i, p := range places {
			if p.domain == domain {
				members = append(members, i)
			}
		}
		d := album{name: name, title: title, files: files, members: members, places: places, classes: classes[domain]}
		s, err := d.open(o)
		if err != nil {
			return nil, err
		}
		out = append(out, datasets.Domain{Name: domain, Splits: s})
	}
	return out, nil
}

// sortClasses orders names by their bytes, or by value if all are numbers, as for the classes of
// idx files.
func sortClasses(names []string) {
	for _, name := range names {
		if _, err := strconv.ParseUint(name, 10, 32); err != nil {
			slices.Sort(names)
			return
		}
	}
	slices.SortFunc(names, func(a, b string) int {
		x, _ := strconv.ParseUint(a, 10, 32)
		y, _ := strconv.ParseUint(b, 10, 32)
		if x != y {
			return int(x) - int(y)
		}
		return strings.Compare(a, b)
	})
}
