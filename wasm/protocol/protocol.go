// Package protocol holds what the page and the training worker say to each other: a Go type for each
// request, answer and event. web/src/protocol.ts and the files beside it say the same in TypeScript,
// with the rules by which the two talk; web/test/protocol.test.mjs compares both, field by field.
//
// Where a message holds what the core has a type for, such as a configuration or a record, it is
// that type: its JSON in the page is the JSON of run folders.
package protocol

import (
	"reflect"

	"pixelda-wgpu/wasm/message"
)

// Request is what the page asks: one of the types that Exchanges lists.
type Request interface{ message.Message }

// Ask is a request that an R answers.
type Ask[R any] interface {
	Request
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

// Answer returns the reply to the request of an id.
func Answer[R any](id int, to Ask[R], result R) Reply { return Reply{id, to.Type(), result} }

// Exchange is a request and what answers it.
type Exchange struct {
	Request Request // its fields have no values
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

// New returns a pointer to an empty request of a type, for JSON to be read into, or nil if there is
// no such type.
func New(kind string) Request {
	for _, x := range Exchanges() {
		if x.Request.Type() == kind {
			return reflect.New(reflect.TypeOf(x.Request)).Interface().(Request)
		}
	}
	return nil
}

// Events lists a value of each event, with empty fields.
func Events() []message.Message {
	return []message.Message{
		Ready{}, Progress{}, TrainedEvent{}, EvaluatedEvent{}, SamplesEvent{}, BaselineEvent{}, SnapshotEvent{},
		Lost{}, Recovered{}, Error{},
	}
}
