package message

import (
	"encoding/json"
	"fmt"
)

// Message is anything that is posted or received. Its JSON is an object: the fields of the Go type,
// and "type" besides.
type Message interface {
	// Type tells messages apart. It is the same for all values of a Go type.
	Type() string
}

// Encode returns the JSON of a message.
func Encode(m Message) ([]byte, error) {
	fields, err := json.Marshal(m)
	if err != nil {
		return nil, fmt.Errorf("a message of type %s: %w", m.Type(), err)
	}
	text := fmt.Appendf(nil, `{"type":%q`, m.Type())
	if string(fields) != "{}" {
		text = append(text, ',')
	}
	return append(text, fields[1:]...), nil
}
