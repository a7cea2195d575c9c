package events

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"image"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"pixelda-wgpu/gpu/fault"
)

// field is one decoded field of a protobuf message.
type field struct {
	number, wire int
	varint       uint64 // also the bits of a fixed-size number
	bytes        []byte
}

// decode splits a message into its fields.
func decode(t *testing.T, data []byte) []field {
	t.Helper()
	var fields []field
	uvarint := func() uint64 {
		v, n := binary.Uvarint(data)
		if n <= 0 {
			t.Fatalf("a varint is cut off at %x", data)
		}
		data = data[n:]
		return v
	}
	take := func(n uint64) []byte {
		if n > uint64(len(data)) {
			t.Fatalf("a field of %d bytes has only %d", n, len(data))
		}
		head := data[:n]
		data = data[n:]
		return head
	}
	for len(data) > 0 {
		key := uvarint()
		f := field{number: int(key >> 3), wire: int(key & 7)}
		switch f.wire {
		case 0:
			f.varint = uvarint()
		case 1:
			f.varint = binary.LittleEndian.Uint64(take(8))
		case 2:
			f.bytes = take(uvarint())
		case 5:
			f.varint = uint64(binary.LittleEndian.Uint32(take(4)))
		default:
			t.Fatalf("wire type %d", f.wire)
		}
		fields = append(fields, f)
	}
	return fields
}

// find follows a path of field numbers into a message; each must occur once.
func find(t *testing.T, data []byte, path ...int) field {
	t.Helper()
	var found field
	for i, number := range path {
		count := 0
		for _, f := range decode(t, data) {
			if f.number == number {
				found, count = f, count+1
			}
		}
		if count != 1 {
			t.Fatalf("%d fields at %v of %v", count, path[:i+1], path)
		}
		data = found.bytes
	}
	return found
}

// maskedCRC is TFRecord's checksum, bit by bit, as an independent reference for
// the table that the writer uses.
func maskedCRC(data []byte) uint32 {
	crc := ^uint32(0)
	for _, b := range data {
		crc ^= uint32(b)
		for range 8 {
			if crc&1 != 0 {
				crc = crc>>1 ^ 0x82f63b78
			} else {
				crc >>= 1
			}
		}
	}
	crc = ^crc
	return (crc>>15 | crc<<17) + 0xa282ead8
}

// records undoes the framing of an event file.
func records(t *testing.T, file string) [][]byte {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var all [][]byte
	for len(data) > 0 {
		length := binary.LittleEndian.Uint64(data)
		if got, want := binary.LittleEndian.Uint32(data[8:]), maskedCRC(data[:8]); got != want {
			t.Fatalf("record %d: checksum of the length %08x, want %08x", len(all), got, want)
		}
		event := data[12 : 12+length]
		if got, want := binary.LittleEndian.Uint32(data[12+length:]), maskedCRC(event); got != want {
			t.Fatalf("record %d: checksum %08x, want %08x", len(all), got, want)
		}
		all = append(all, event)
		data = data[16+length:]
	}
	return all
}

func begin(t *testing.T, dir string, after int) *Writer {
	t.Helper()
	w, err := Create(dir, after)
	if err != nil {
		t.Fatal(err)
	}
	w.now = func() time.Time { return time.Unix(1_500_000_000, 500_000_000) }
	return w
}

// written returns the events that fill adds, without the two at the head.
func written(t *testing.T, fill func(*Writer)) [][]byte {
	t.Helper()
	w := begin(t, t.TempDir(), 0)
	fill(w)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return records(t, w.file.Name())[2:]
}

func TestChecksumOfKnownData(t *testing.T) {
	// RFC 3720, B.4: 32 zero bytes have the CRC-32C 8a9136aa.
	crc := uint32(0x8a9136aa)
	want := (crc>>15 | crc<<17) + 0xa282ead8
	if got := binary.LittleEndian.Uint32(checksum(make([]byte, 32))); got != want {
		t.Errorf("checksum %08x, want %08x", got, want)
	}
}

func TestHeadOfTheFile(t *testing.T) {
	w := begin(t, t.TempDir(), 40)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	head := records(t, w.file.Name())
	if got := string(find(t, head[0], 3).bytes); got != "brain.Event:2" {
		t.Errorf("file version %q", got)
	}
	if got := find(t, head[1], 7, 1).varint; got != 1 {
		t.Errorf("session status %d, want 1, START", got)
	}
	if got := find(t, head[1], 2).varint; got != 41 {
		t.Errorf("the session starts with step %d, want 41", got)
	}
}

func TestScalars(t *testing.T) {
	events := written(t, func(w *Writer) { w.Scalars(300, map[string]float64{"loss/g": -2, "accuracy": 0.75}) })
	if len(events) != 1 {
		t.Fatalf("%d events, want 1", len(events))
	}
	if got := math.Float64frombits(find(t, events[0], 1).varint); got != 1_500_000_000.5 {
		t.Errorf("wall time %v", got)
	}
	if got := find(t, events[0], 2).varint; got != 300 {
		t.Errorf("step %d", got)
	}
	var got []string
	for _, value := range decode(t, find(t, events[0], 5).bytes) {
		number := math.Float32frombits(uint32(find(t, value.bytes, 2).varint))
		got = append(got, fmt.Sprintf("%s=%v", find(t, value.bytes, 1).bytes, number))
	}
	if want := "accuracy=0.75 loss/g=-2"; strings.Join(got, " ") != want {
		t.Errorf("values %v, want %s", got, want)
	}
}

func TestImage(t *testing.T) {
	var encoded bytes.Buffer
	if err := png.Encode(&encoded, image.NewRGBA(image.Rect(0, 0, 300, 5))); err != nil {
		t.Fatal(err)
	}
	event := written(t, func(w *Writer) { w.Image(7, "samples", encoded.Bytes(), 300, 5) })[0]
	if got := string(find(t, event, 5, 1, 1).bytes); got != "samples" {
		t.Errorf("tag %q", got)
	}
	picture := find(t, event, 5, 1, 4).bytes
	height, width := find(t, picture, 1).varint, find(t, picture, 2).varint
	decoded, err := png.Decode(bytes.NewReader(find(t, picture, 4).bytes))
	if err != nil || height != 5 || width != 300 || decoded.Bounds().Dx() != 300 {
		t.Errorf("%d x %d, %v", width, height, err)
	}
}

func TestText(t *testing.T) {
	event := written(t, func(w *Writer) { w.Text(0, "config", "`{}`") })[0]
	value := find(t, event, 5, 1).bytes
	if got := string(find(t, value, 8, 8).bytes); got != "`{}`" {
		t.Errorf("text %q", got)
	}
	if got := find(t, value, 8, 1).varint; got != 7 {
		t.Errorf("tensor type %d, want 7, a string", got)
	}
	if got := string(find(t, value, 9, 1, 1).bytes); got != "text" {
		t.Errorf("plugin %q", got)
	}
}

func TestHParams(t *testing.T) {
	events := written(t, func(w *Writer) {
		w.HParams(map[string]any{"lr": 1e-3, "batch": 32, "style": true, "preset": "small"})
		w.End()
	})
	start := find(t, events[0], 5, 1, 9, 1).bytes
	if got := string(find(t, start, 1).bytes); got != "hparams" {
		t.Errorf("plugin %q", got)
	}
	settings := map[string]field{}
	for _, f := range decode(t, find(t, start, 2, 3).bytes) {
		if f.number == 1 {
			settings[string(find(t, f.bytes, 1).bytes)] = decode(t, find(t, f.bytes, 2).bytes)[0]
		}
	}
	if f := settings["lr"]; f.number != 2 || math.Float64frombits(f.varint) != 1e-3 {
		t.Errorf("lr is %+v", f)
	}
	if f := settings["batch"]; f.number != 2 || math.Float64frombits(f.varint) != 32 {
		t.Errorf("batch is %+v", f)
	}
	if f := settings["preset"]; f.number != 3 || string(f.bytes) != "small" {
		t.Errorf("preset is %+v", f)
	}
	if f := settings["style"]; f.number != 4 || f.varint != 1 {
		t.Errorf("style is %+v", f)
	}
	if got := find(t, events[1], 5, 1, 9, 1, 2, 4, 1).varint; got != 1 {
		t.Errorf("end status %d, want 1, SUCCESS", got)
	}
}

// Readers take the files of a folder in the order of their names.
func TestResumedFilesSortAfterEarlierOnes(t *testing.T) {
	dir := t.TempDir()
	var names []string
	for after := range 3 {
		w := begin(t, dir, after)
		names = append(names, w.file.Name())
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
	}
	sorted, err := filepath.Glob(filepath.Join(dir, "*tfevents*"))
	if err != nil || fmt.Sprint(sorted) != fmt.Sprint(names) {
		t.Errorf("files sort as %v, %v; want %v", sorted, err, names)
	}
}

func TestErrorsStay(t *testing.T) {
	if _, err := Create(filepath.Join(t.TempDir(), "missing"), 0); err == nil ||
		fault.Of(err) == "" {
		t.Errorf("a missing folder: %v", err)
	}
	w := begin(t, t.TempDir(), 0)
	if err := w.file.Close(); err != nil {
		t.Fatal(err)
	}
	w.Text(1, "long", strings.Repeat("x", 10_000))
	w.Text(1, "short", "x")
	if err := w.Flush(); err == nil || !strings.Contains(err.Error(), w.file.Name()) {
		t.Errorf("writing into a closed file: %v", err)
	}
}
