package native

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"pixelda-wgpu/gpu"
	"pixelda-wgpu/native/internal/console"
)

// machine is what info says of this machine.
type machine struct {
	Adapters []gpu.AdapterInfo `json:"adapters"`
	Used     int               `json:"used"` // index of the adapter that commands would use
	Why      string            `json:"why"`
}

// newInfo is the command info.
func newInfo(c *console.Console) *cobra.Command {
	var adapter string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "info [FLAGS]",
		Short: "list the GPUs, what they allow, and which one is used",
		Long: `Lists the adapters of this machine, best first, and says which one commands use.
Their limits are set beside those that every WebGPU implementation grants.`,
		Example: `pixelda-wgpu info
pixelda-wgpu info -adapter nvidia    would this choose the right one?
pixelda-wgpu info -json | jq '.adapters[].name'`,
		Args: console.NoArguments,
		RunE: func(*cobra.Command, []string) error {
			m, err := lookAround(adapter)
			if err != nil {
				return err
			}
			if asJSON {
				return c.JSON(m)
			}
			m.print(c)
			return nil
		},
	}
	adapterFlag(cmd, &adapter)
	jsonFlag(cmd, &asJSON)
	return cmd
}

// jsonFlag is for commands whose results other programs may want to read.
func jsonFlag(cmd *cobra.Command, asJSON *bool) {
	cmd.Flags().BoolVar(asJSON, "json", false, "print JSON for programs to read")
}

// lookAround lists the adapters, and opens the one that commands would use, to see that it works.
func lookAround(adapter string) (machine, error) {
	list, err := gpu.Adapters()
	if err != nil {
		return machine{}, err
	}
	d, err := gpu.Open(gpu.Options{Adapter: adapter})
	if err != nil {
		return machine{}, err
	}
	defer d.Close()
	m := machine{Adapters: list, Used: d.Info().Index}
	switch {
	case adapter != "":
		m.Why = fmt.Sprintf("-adapter %s chooses it", adapter)
	case len(list) == 1:
		m.Why = "it is the only one"
	case list[0].Type == list[1].Type:
		m.Why = fmt.Sprintf("it is the first %s one; -adapter chooses another", kindOfAdapter(list[0]))
	default:
		m.Why = fmt.Sprintf("a %s one goes before a %s one; -adapter chooses another", kindOfAdapter(list[0]),
			kindOfAdapter(list[1]))
	}
	return m, nil
}

// kindOfAdapter names the type of an adapter for people: a software adapter may call itself a CPU,
// or something else.
func kindOfAdapter(a gpu.AdapterInfo) string {
	if a.Software() {
		return "software"
	}
	return string(a.Type)
}

// print writes the adapters, which one is used, and their limits.
func (m machine) print(c *console.Console) {
	t := console.Table{Align: "rl"}
	t.Head(c, "", "Adapter", "type", "vendor", "backend", "driver")
	for _, a := range m.Adapters {
		t.Add(fmt.Sprint(a.Index), a.Name, kindOfAdapter(a), a.Vendor, a.Backend, a.Driver)
	}
	t.Print(c, "")
	used := m.Adapters[m.Used]
	c.Printf("\nCommands use adapter %d: %s. It opens.\n", m.Used, m.Why)
	if used.Software() {
		c.Printf("It is a software driver, which computes on the processor: correct, but slow.\n")
	}
	c.Printf("\n")
	m.printLimits(c)
}

// printLimits prints the limits of each adapter next to those that every adapter has.
func (m machine) printLimits(c *console.Console) {
	t := console.Table{Align: "lr" + strings.Repeat("r", len(m.Adapters))}
	head := []string{"Limits", "any WebGPU"}
	for _, a := range m.Adapters {
		head = append(head, fmt.Sprintf("adapter %d", a.Index))
	}
	t.Head(c, head...)
	for i, portable := range gpu.Portable.List() {
		row := []string{portable.Name, limitString(portable)}
		for _, a := range m.Adapters {
			row = append(row, limitString(a.Limits.List()[i]))
		}
		t.Add(row...)
	}
	row := []string{gpu.TimestampQuery, "optional"}
	for _, a := range m.Adapters {
		row = append(row, map[bool]string{true: "yes", false: "no"}[a.Has(gpu.TimestampQuery)])
	}
	t.Add(row...)
	t.Print(c, "")
}

// limitString writes sizes with a unit, and other numbers as they are.
func limitString(l gpu.Limit) string {
	if strings.HasSuffix(l.Name, "Size") {
		return console.Bytes(l.Value)
	}
	return fmt.Sprint(l.Value)
}
