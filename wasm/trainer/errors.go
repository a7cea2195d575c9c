//go:build js

package main

import (
	"errors"
	"strings"

	"pixelda-wgpu/gpu"
	"pixelda-wgpu/trainer/engine"
)

// fault is an error with its code, for the page.
type fault struct {
	code string
	err  error
	// remedy is what to do; where it is empty, the error's own text may say it.
	remedy string
}

func (f *fault) Error() string { return f.err.Error() }
func (f *fault) Unwrap() error { return f.err }

// as marks an error as one of that code, unless it has one; nil stays nil.
func as(code string, err error) error {
	var f *fault
	var h *gpu.HostError
	if err == nil || errors.As(err, &f) || errors.As(err, &h) {
		return err
	}
	return &fault{code: code, err: err}
}

func refuse(what, remedy string) error {
	return &fault{"state", errors.New("trainer: " + what), remedy}
}

// emitError tells the page of an error: of the request of that id, or 0.
func emitError(id int, err error) {
	code, remedy := "internal", ""
	text := err.Error()
	var h *gpu.HostError
	var f *fault
	switch {
	case errors.As(err, &h):
		text, remedy = h.What, h.Remedy
		if h.Code != "" && h.Code != "usage" {
			code = h.Code
		}
	case errors.Is(err, engine.ErrNotFinite):
		code, remedy = "diverged", "Lower the learning rate or change the seed, and begin again; or go on from the last snapshot."
	case errors.As(err, &f):
		code, remedy = f.code, f.remedy
	}
	where, what := place(text)
	if first, rest, found := strings.Cut(what, "; "); found && remedy == "" {
		what, remedy = first, rest
	}
	emit(message{
		"type": "error", "id": id, "code": code, "what": sentence(what), "where": where, "remedy": sentence(remedy),
		"fatal": code == "no-webgpu" || code == "no-adapter",
	})
}

// place parts an error of this program, "package: place: what", into where it
// happened and what. The package means nothing to a person; names of files keep
// their case.
func place(text string) (where, what string) {
	for _, prefix := range []string{"trainer: ", "datasets: ", "model: ", "graph: ", "gpu: ", "export: ", "safetensors: ", "storage: "} {
		text = strings.TrimPrefix(text, prefix)
	}
	for {
		part, rest, found := strings.Cut(text, ": ")
		if !found || where != "" && strings.Contains(part, " ") || strings.ContainsAny(part, ";\n") {
			return where, text
		}
		where, text = strings.TrimPrefix(where+": "+part, ": "), rest
	}
}

// sentence gives a text the form of one.
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
