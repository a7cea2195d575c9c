// Package frame holds what the page and the frame of its gallery say to each other.
// web/src/page/gallery-messages.ts says the same in TypeScript; web/test/protocol.test.mjs compares
// both, field by field.
package frame

import (
	"encoding/json"
	"reflect"

	"pixelda-wgpu/gpu/fault"
	"pixelda-wgpu/wasm/message"
)

// origin marks the errors of this package.
const origin fault.Origin = "wasm/frame"

// Message is what one side says to the other. Its JSON has a field "type" besides those of the Go
// type.
type Message interface {
	kind() string
}

// TypeOf returns the "type" in a message's JSON: it depends on the Go type alone.
func TypeOf(m Message) string { return m.kind() }

// Encode returns the JSON of a message.
func Encode(m Message) ([]byte, error) { return message.Encode(m.kind(), m) }

// Show brings the samples that the gallery is to show.
type Show struct {
	Samples message.Samples `json:"samples"`
	Title   string          `json:"title"`
}

// Answer brings the image that was asked for, once for each vector of noise.
type Answer struct {
	Query   int             `json:"query"` // of the Ask
	Samples message.Samples `json:"samples"`
}

// Status brings a line of text about the run.
type Status struct {
	Text string `json:"text"`
}

// Ready says that the frame is listening from now on.
type Ready struct{}

// Ask asks for a sample to be drawn again with different noise. An Answer follows if that is
// possible.
type Ask struct {
	Query      int            `json:"query"`      // any number, which the answer repeats
	Image      int            `json:"image"`      // index among the samples shown
	Count      int            `json:"count"`      // of noise vectors
	Noise      message.Floats `json:"noise"`      // count × noise_dim
	Neighbours int            `json:"neighbours"` // how many nearest target images to look up
}

// Leave returns the keyboard focus to the page.
type Leave struct {
	Back bool `json:"back,omitempty"` // to what comes before the frame instead of what comes after it
}

// Picture is a picture of the gallery, to be saved.
type Picture struct {
	PNG message.Bytes `json:"png"`
}

// Failed says that there will be no gallery.
type Failed struct {
	Why string `json:"why"`
}

func (Show) kind() string    { return "samples" }
func (Answer) kind() string  { return "answer" }
func (Status) kind() string  { return "status" }
func (Ready) kind() string   { return "ready" }
func (Ask) kind() string     { return "ask" }
func (Leave) kind() string   { return "leave" }
func (Picture) kind() string { return "picture" }
func (Failed) kind() string  { return "failed" }

// ToFrame lists a value of each message of the page, with empty fields.
func ToFrame() []Message { return []Message{Show{}, Answer{}, Status{}} }

// FromFrame lists a value of each message of the frame, with empty fields.
func FromFrame() []Message {
	return []Message{Ready{}, Ask{}, Leave{}, Picture{}, Failed{}}
}

// Decode reads a message of the page. It returns a pointer to one of the types that ToFrame lists.
func Decode(text []byte) (Message, error) {
	var envelope struct {
		Type string `json:"type"`
	}
	if err := json.Unmarshal(text, &envelope); err != nil {
		return nil, origin.Errorf("a message of the page: %w", err)
	}
	for _, m := range ToFrame() {
		if m.kind() == envelope.Type {
			m := reflect.New(reflect.TypeOf(m)).Interface().(Message)
			if err := json.Unmarshal(text, m); err != nil {
				return nil, origin.Errorf("the message %s: %w", envelope.Type, err)
			}
			return m, nil
		}
	}
	return nil, origin.Errorf("the page sent a message of the unknown type %q", envelope.Type)
}
