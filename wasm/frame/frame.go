// Package frame holds what the page and the frame of its gallery say to each other.
// web/src/page/gallery-messages.ts says the same in TypeScript; web/test/protocol.test.mjs compares
// both, field by field.
package frame

import "pixelda-wgpu/wasm/message"

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

// Ready says that the frame listens from now on.
type Ready struct{}

// Ask asks for a sample to be drawn again with other noise. An Answer follows, if it is possible.
type Ask struct {
	Query      int            `json:"query"`      // any number, which the answer repeats
	Image      int            `json:"image"`      // index among the samples shown
	Count      int            `json:"count"`      // of noise vectors
	Noise      message.Floats `json:"noise"`      // count × noise_dim
	Neighbours int            `json:"neighbours"` // how many nearest target images to look up
}

// Leave gives the keyboard's focus back to the page.
type Leave struct {
	Back bool `json:"back,omitempty"` // to what precedes the frame instead of what follows it
}

// Picture is a picture of the gallery, to be saved.
type Picture struct {
	PNG message.Bytes `json:"png"`
}

// Failed says that there will be no gallery.
type Failed struct {
	Why string `json:"why"`
}

// Type implements message.Message, as do those below.
func (Show) Type() string    { return "samples" }
func (Answer) Type() string  { return "answer" }
func (Status) Type() string  { return "status" }
func (Ready) Type() string   { return "ready" }
func (Ask) Type() string     { return "ask" }
func (Leave) Type() string   { return "leave" }
func (Picture) Type() string { return "picture" }
func (Failed) Type() string  { return "failed" }

// ToFrame lists a value of each message of the page, with empty fields.
func ToFrame() []message.Message { return []message.Message{Show{}, Answer{}, Status{}} }

// FromFrame lists a value of each message of the frame, with empty fields.
func FromFrame() []message.Message {
	return []message.Message{Ready{}, Ask{}, Leave{}, Picture{}, Failed{}}
}
