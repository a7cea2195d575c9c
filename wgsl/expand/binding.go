package expand

// Binding is one buffer of a kernel in @group(0).
type Binding struct {
	Index  uint32
	Name   string
	Access string // "read", "read_write" or "uniform"
}
