// Package events writes the files that TensorBoard reads: a sequence of
// TensorFlow's Event messages in TFRecord framing.
package events

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"time"

	"pixelda-wgpu/gpu/fault"
	"pixelda-wgpu/trainer/protobuf"
)

// origin marks the errors of this package.
const origin fault.Origin = "trainer/events"

// Writer appends events to one file. It is for one goroutine. After an error, further calls do
// nothing, and Flush and Close return it.
type Writer struct {
	file *os.File
	out  *bufio.Writer
	now  func() time.Time
	err  error
}

// Create starts an event file in dir, which must exist, for the events after a step; a new run has
// 0. A run that resumes starts another file beside its earlier ones. The marker at its head tells
// readers that events of later steps in those no longer count, so that even a reader that follows
// the folder while the run is killed and resumed stays up to date.
func Create(dir string, after int) (*Writer, error) {
	file, err := create(dir)
	if err != nil {
		return nil, origin.Errorf("%w", err)
	}
	w := &Writer{file: file, out: bufio.NewWriter(file), now: time.Now}
	w.append(0, protobuf.Message{}.Text(eventFileVersion, "brain.Event:2"))
	w.append(after+1, protobuf.Message{}.Embed(eventSessionLog, protobuf.Message{}.Varint(sessionStatus, sessionStart)))
	return w, w.Flush()
}

// create makes a file whose name sorts after those of the folder's earlier files, since TensorBoard
// reads them in the order of their names.
func create(dir string) (*os.File, error) {
	for second := time.Now().Unix(); ; second++ {
		name := filepath.Join(dir, fmt.Sprintf("events.out.tfevents.%010d.pixelda-wgpu", second))
		file, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
		if !errors.Is(err, os.ErrExist) {
			return file, err
		}
	}
}

// Scalars adds one point to the curve of each tag, such as "loss/d".
func (w *Writer) Scalars(step int, values map[string]float64) {
	var summary protobuf.Message
	for _, tag := range slices.Sorted(maps.Keys(values)) {
		summary = summary.Embed(summaryValue, protobuf.Message{}.
			Text(valueTag, tag).
			Float(valueSimple, float32(values[tag])))
	}
	w.append(step, protobuf.Message{}.Embed(eventSummary, summary))
}

// Image adds a PNG of width × height pixels.
func (w *Writer) Image(step int, tag string, png []byte, width, height int) {
	const rgb = 3
	w.value(step, protobuf.Message{}.
		Text(valueTag, tag).
		Embed(valueImage, protobuf.Message{}.
			Varint(imageHeight, uint64(height)).
			Varint(imageWidth, uint64(width)).
			Varint(imageColorspace, rgb).
			Bytes(imageEncoded, png)))
}

// Text adds a text in Markdown.
func (w *Writer) Text(step int, tag, markdown string) {
	const stringType = 7
	w.value(step, protobuf.Message{}.
		Text(valueTag, tag).
		Embed(valueTensor, protobuf.Message{}.
			Varint(tensorType, stringType).
			Embed(tensorShape, protobuf.Message{}.Embed(shapeDim, protobuf.Message{}.Varint(dimSize, 1))).
			Text(tensorString, markdown)).
		Embed(valueMetadata, pluginData("text", nil)))
}

// HParams records the settings of the run, for TensorBoard's table of runs. Values are numbers,
// bools and strings; anything else is written as fmt.Sprint formats it.
func (w *Writer) HParams(settings map[string]any) {
	session := protobuf.Message{}.Double(startTime, w.seconds())
	for _, name := range slices.Sorted(maps.Keys(settings)) {
		session = session.Embed(startSettings, protobuf.Message{}.
			Text(mapKey, name).
			Embed(mapValue, jsonValue(settings[name])))
	}
	w.hparams("_hparams_/session_start_info", protobuf.Message{}.Embed(hparamsStart, session))
}

// End says that the run has ended; Close follows.
func (w *Writer) End() {
	const success = 1
	w.hparams("_hparams_/session_end_info", protobuf.Message{}.Embed(hparamsEnd, protobuf.Message{}.
		Varint(endStatus, success).
		Double(endTime, w.seconds())))
}

// Flush hands everything added to the operating system and returns the first error so far.
func (w *Writer) Flush() error {
	if w.err == nil {
		w.err = w.out.Flush()
	}
	if w.err != nil {
		return origin.Errorf("%w", w.err)
	}
	return nil
}

// Close flushes and closes the file.
func (w *Writer) Close() error { return errors.Join(w.Flush(), w.file.Close()) }

func (w *Writer) hparams(tag string, content protobuf.Message) {
	w.value(0, protobuf.Message{}.Text(valueTag, tag).Embed(valueMetadata, pluginData("hparams", content)))
}

func (w *Writer) value(step int, value protobuf.Message) {
	w.append(step, protobuf.Message{}.Embed(eventSummary, protobuf.Message{}.Embed(summaryValue, value)))
}

func (w *Writer) seconds() float64 { return float64(w.now().UnixMicro()) / 1e6 }

// append frames an event: its length, the length's checksum, the event, its checksum.
func (w *Writer) append(step int, event protobuf.Message) {
	if w.err != nil {
		return
	}
	event = event.Double(eventWallTime, w.seconds()).Varint(eventStep, uint64(step))
	header := binary.LittleEndian.AppendUint64(nil, uint64(len(event)))
	for _, part := range [][]byte{header, checksum(header), event, checksum(event)} {
		if _, w.err = w.out.Write(part); w.err != nil {
			return
		}
	}
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// checksum is TFRecord's: a CRC-32C, rotated and shifted so that a checksum of data that contains
// checksums is still a good one.
func checksum(data []byte) []byte {
	crc := crc32.Checksum(data, castagnoli)
	return binary.LittleEndian.AppendUint32(nil, (crc>>15|crc<<17)+0xa282ead8)
}
