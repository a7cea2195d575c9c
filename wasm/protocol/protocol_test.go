package protocol_test

import (
	"encoding/json"
	"reflect"
	"testing"

	"pixelda-wgpu/wasm/protocol"
)

func TestNew(t *testing.T) {
	seen := map[string]bool{}
	for _, x := range protocol.Exchanges() {
		kind := protocol.TypeOf(x.Request)
		if m := protocol.New(kind); reflect.TypeOf(m) != reflect.PointerTo(reflect.TypeOf(x.Request)) {
			t.Errorf("the request %s is read into a %T, want a %T", kind, m, x.Request)
		}
		if seen[kind] {
			t.Errorf("two requests are of type %s", kind)
		}
		seen[kind] = true
	}
	if m := protocol.New("rest"); m != nil {
		t.Errorf("the unknown type is read into a %T", m)
	}
}

func TestEncode(t *testing.T) {
	for want, m := range map[string]protocol.Message{
		`{"type":"recovered","step":3}`:                      protocol.Recovered{Step: 3},
		`{"type":"reply","id":7,"to":"stop","result":null}`:  protocol.Answer(7, protocol.Stop{}, protocol.Nothing{}),
		`{"type":"reply","id":7,"to":"bench","result":null}`: protocol.Answer(7, &protocol.Bench{}, nil),
		`{"type":"lost","why":"a","attempt":1,"retry":0.5}`:  protocol.Lost{Why: "a", Attempt: 1, Retry: 0.5},
		`{"type":"progress","stage":"data","what":"a","done":1,"total":0}`: protocol.Progress{
			Stage: protocol.Data, What: "a", Done: 1},
	} {
		if got, err := protocol.Encode(m); err != nil || string(got) != want {
			t.Errorf("%T is %s, %v, want %s", m, got, err, want)
		}
	}
}

func TestNoiseRead(t *testing.T) {
	ask := protocol.New("samples").(*protocol.SamplesRequest)
	if err := json.Unmarshal([]byte(`{"images":[1],"noise":{"seed":9007199254740993}}`), ask); err != nil {
		t.Fatal(err)
	}
	if ask.Noise.Seed == nil || *ask.Noise.Seed != 9007199254740993 || ask.Noise.Vectors != nil || ask.Nearest != 0 {
		t.Errorf("the request is read as %+v", ask)
	}
}
