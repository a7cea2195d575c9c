// Package fault marks errors with the room of this project that they come from, as a type.
// Their texts are for the person at the command or the page, whom the names of packages do not
// help; tests and callers that must tell our own, worded errors from those of the system ask for
// the origin instead of reading the text.
package fault

import (
	"errors"
	"fmt"
)

// Origin is a room of this project: the path of its package, such as "trainer/engine".
type Origin string

// Error is an error that a room has worded.
type Error struct {
	Origin Origin
	cause  error
}

// Error is the text, without the origin.
func (e *Error) Error() string { return e.cause.Error() }

// Unwrap returns what the text was made of.
func (e *Error) Unwrap() error { return e.cause }

// Errorf words an error as fmt.Errorf does, %w included, and marks it.
func (o Origin) Errorf(format string, args ...any) error {
	return &Error{o, fmt.Errorf(format, args...)}
}

// Of returns the room that has worded the error last, or nothing where none has.
func Of(err error) Origin {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Origin
	}
	return ""
}
