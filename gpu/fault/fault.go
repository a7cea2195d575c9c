// Package fault marks errors, by a type, with the package of this project that they come from.
// Their texts are for the person at the command or the page, whom the names of packages do not
// help; tests and callers that have to distinguish our own errors from those of the system ask for
// the origin instead of parsing the text.
package fault

import (
	"errors"
	"fmt"
)

// Origin is the path of a package within this project, such as "trainer/engine".
type Origin string

// Error is an error that a package of this project has worded.
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

// Of returns the package that worded the error last, or "" if none did.
func Of(err error) Origin {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Origin
	}
	return ""
}
