package message

import (
	"encoding/json"
	"fmt"
)

// Encode returns the JSON of a message: an object with the fields of a struct, and "type", which
// tells messages apart.
func Encode(kind string, fields any) ([]byte, error) {
	text, err := json.Marshal(fields)
	if err != nil {
		return nil, fmt.Errorf("a message of type %s: %w", kind, err)
	}
	head := fmt.Appendf(nil, `{"type":%q`, kind)
	if string(text) != "{}" {
		head = append(head, ',')
	}
	return append(head, text[1:]...), nil
}
