//go:build js

package main

import (
	"errors"
	"strings"

	"pixelda-wgpu/gpu"
	"pixelda-wgpu/trainer/engine"
	"pixelda-wgpu/wasm/protocol"
)

// codedError is an error that the page recognises by its code.
type codedError struct {
	code   protocol.ErrorCode
	err    error
	remedy string // what the person can do; if empty, the error's text may say so after a semicolon
}

func (f *codedError) Error() string { return f.err.Error() }
func (f *codedError) Unwrap() error { return f.err }

// as gives an error a code, unless it already has one. Nil stays nil.
func as(code protocol.ErrorCode, err error) error {
	var f *codedError
	var h *gpu.HostError
	if err == nil || errors.As(err, &f) || errors.As(err, &h) {
		return err
	}
	return &codedError{code: code, err: err}
}

// refuse is the error of a request that cannot be served now.
func refuse(what, remedy string) error {
	return &codedError{protocol.BadState, errors.New(what), remedy}
}

// emitError reports an error to the page: that of the request with an id, or of none if it is 0.
func emitError(id int, err error) {
	m := protocol.Error{ID: id, Code: protocol.Internal}
	text := err.Error()
	var h *gpu.HostError
	var f *codedError
	switch {
	case errors.As(err, &h):
		text, m.Remedy = h.What, h.Remedy
		if h.Code != "" && h.Code != "usage" {
			m.Code = protocol.ErrorCode(h.Code)
		}
	case errors.Is(err, engine.ErrNotFinite):
		m.Code = protocol.Diverged
		m.Remedy = "Lower the learning rate or change the seed, and begin again; or go on from the last snapshot."
	case errors.As(err, &f):
		m.Code, m.Remedy = f.code, f.remedy
	}
	where, what := place(text)
	if first, rest, found := strings.Cut(what, "; "); found && m.Remedy == "" {
		what, m.Remedy = first, rest
	}
	m.Where, m.What, m.Remedy = where, sentence(what), sentence(m.Remedy)
	m.Fatal = m.Code == protocol.NoWebGPU || m.Code == protocol.NoAdapter
	emit(m)
}

// place splits the text of an error, "place: what", into where it happened and what happened. It
// keeps the case of file names.
func place(text string) (where, what string) {
	for {
		part, rest, found := strings.Cut(text, ": ")
		if !found || where != "" && strings.Contains(part, " ") || strings.ContainsAny(part, ";\n") {
			return where, text
		}
		where, text = strings.TrimPrefix(where+": "+part, ": "), rest
	}
}

// sentence gives a text a capital letter and a full stop, unless it is empty.
func sentence(s string) string {
	if s == "" {
		return ""
	}
	s = strings.ToUpper(s[:1]) + s[1:]
	if !strings.HasSuffix(s, ".") && !strings.HasSuffix(s, "?") {
		s += "."
	}
	return s
}
