// Package protocol holds what the page and the training worker say to each other: a Go type for
// each request, answer and event. web/src/protocol.ts and the files beside it say the same in
// TypeScript, with the rules of the conversation; web/test/protocol.test.mjs compares both, field
// by field.
//
// Where the core has a type for what a message holds, such as a configuration or a record, the
// message uses that type: its JSON in the page is the JSON in run folders.
package protocol

import (
	"reflect"

	"pixelda-wgpu/wasm/message"
)

// Message is a request, a reply or an event. Its JSON has a field "type" besides those of the Go type.
type Message interface {
	kind() string
}

// TypeOf returns the "type" in a message's JSON: it depends on the Go type alone.
func TypeOf(m Message) string { return m.kind() }

// Encode returns the JSON of a message.
func Encode(m Message) ([]byte, error) { return message.Encode(m.kind(), m) }

// Ask is a request that is answered by an R.
type Ask[R any] interface {
	Message
	answeredBy(R)
}

// Nothing answers a request that asks for no result. Its JSON is null.
type Nothing struct{}

// MarshalJSON writes null.
func (Nothing) MarshalJSON() ([]byte, error) { return []byte("null"), nil }

// Reply is the answer to a request. A request that fails is answered by an Error instead.
type Reply struct {
	ID     int    `json:"id"` // of the request
	To     string `json:"to"` // the request's type
	Result any    `json:"result"`
}

// Answer returns the reply to the request with an id.
func Answer[R any](id int, to Ask[R], result R) Reply { return Reply{id, to.kind(), result} }

// Exchange is a request and what answers it.
type Exchange struct {
	Request Message // its fields have no values
	Result  reflect.Type
}

func exchange[R any](ask Ask[R]) Exchange { return Exchange{ask, reflect.TypeFor[R]()} }

// Exchanges lists all requests.
func Exchanges() []Exchange {
	return []Exchange{
		exchange(Configure{}), exchange(Preview{}), exchange(Train{}), exchange(Pause{}), exchange(Step{}),
		exchange(SamplesRequest{}), exchange(Evaluate{}), exchange(Save{}), exchange(Load{}), exchange(Restore{}),
		exchange(Discard{}), exchange(Export{}), exchange(Verify{}), exchange(Bench{}), exchange(Stop{}),
		exchange(Metrics{}),
	}
}

// New returns a pointer to an empty request of a given type, for JSON to be decoded into, or nil if
// there is no such type.
func New(kind string) Message {
	for _, x := range Exchanges() {
		if x.Request.kind() == kind {
			return reflect.New(reflect.TypeOf(x.Request)).Interface().(Message)
		}
	}
	return nil
}

// Events lists a value of each event, with empty fields.
func Events() []Message {
	return []Message{
		Ready{}, Progress{}, TrainedEvent{}, EvaluatedEvent{}, SamplesEvent{}, BaselineEvent{}, SnapshotEvent{},
		Lost{}, Recovered{}, Error{},
	}
}
