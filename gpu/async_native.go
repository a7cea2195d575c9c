//go:build !js

package gpu

/*
#cgo linux LDFLAGS: -ldl
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#ifdef __linux__
#include <dlfcn.h>
#endif

// The binding hands C a pointer to Go memory with each asynchronous callback and keeps nothing
// alive, so a garbage collection before the callback is fatal. These calls go to the same linked
// library with C memory instead. The symbols are weak because the cgo tool links this package by
// itself first.
#define WEAK __attribute__((weak))
WEAK void wgpuBufferMapAsync(void *buffer, uint32_t mode, size_t offset, size_t size,
	void (*done)(int status, void *data), void *data);
WEAK void wgpuQueueOnSubmittedWorkDone(void *queue, void (*done)(int status, void *data), void *data);
WEAK void wgpuDeviceSetUncapturedErrorCallback(void *device, void (*report)(int type, char const *message, void *data),
	void *data);
WEAK bool wgpuDevicePoll(void *device, bool wait, void const *index);

// A flag is 0 while pending and 1 + status afterwards. Callbacks run inside wgpuDevicePoll or a
// submit, hence on the thread that reads the flag.
static void set_flag(int status, void *flag) { *(volatile int *)flag = 1 + status; }

static void map_read(void *buffer, size_t size, int *flag) {
	*flag = 0;
	wgpuBufferMapAsync(buffer, 1, 0, size, set_flag, flag);
}

static void on_done(void *queue, int *flag) {
	*flag = 0;
	wgpuQueueOnSubmittedWorkDone(queue, set_flag, flag);
}

static int poll(void *device, int *flag) {
	wgpuDevicePoll(device, false, NULL);
	return flag ? *(volatile int *)flag : 0;
}

// Without a callback of ours the library aborts the process on the first error that no scope
// catches, and the binding opens no scope for running out of memory.
typedef struct { int type; char message[1000]; } report;

static void keep_report(int type, char const *message, void *data) {
	report *r = data;
	if (r->type == 0) {
		r->type = type;
		strncpy(r->message, message ? message : "", sizeof r->message - 1);
	}
}

static report *watch_errors(void *device) {
	report *r = calloc(1, sizeof *r);
	wgpuDeviceSetUncapturedErrorCallback(device, keep_report, r);
	return r;
}

static bool has_vulkan_loader(void) {
#ifdef __linux__
	void *h = dlopen("libvulkan.so.1", RTLD_LAZY | RTLD_LOCAL);
	if (!h) return false;
	dlclose(h);
#endif
	return true;
}
*/
import "C"

import (
	"errors"
	"time"
	"unsafe"

	"github.com/rajveermalviya/go-webgpu/wgpu"
)

// The layouts in v0.17.1 of the binding's handles, whose fields are not exported.
type (
	deviceHandle struct{ ref unsafe.Pointer }
	childHandle  struct{ device, ref unsafe.Pointer } // of buffers and queues
)

func deviceRef(d *wgpu.Device) unsafe.Pointer { return (*deviceHandle)(unsafe.Pointer(d)).ref }
func bufferRef(b *wgpu.Buffer) unsafe.Pointer { return (*childHandle)(unsafe.Pointer(b)).ref }
func queueRef(q *wgpu.Queue) unsafe.Pointer   { return (*childHandle)(unsafe.Pointer(q)).ref }

// flag is a completion flag in C memory.
type flag struct{ c *C.int }

const flagSuccess = 1

func newFlag() flag {
	f := flag{(*C.int)(C.malloc(C.sizeof_int))}
	*f.c = flagSuccess
	return f
}

func (f flag) free()      { C.free(unsafe.Pointer(f.c)) }
func (f flag) state() int { return int(*f.c) }

// mapRead starts to map the first size bytes of b; f is set when that is done.
func mapRead(b *wgpu.Buffer, size uint64, f flag) {
	C.map_read(bufferRef(b), C.size_t(size), f.c)
}

// onDone sets f when all work submitted so far is done.
func onDone(q *wgpu.Queue, f flag) { C.on_done(queueRef(q), f.c) }

// poll lets the library run callbacks and free what is no longer in use.
func poll(d *wgpu.Device) { C.poll(deviceRef(d), nil) }

// await polls until f is set and returns its state. A blocking poll is no alternative: it gives up
// after five seconds and frees memory that is in use.
func await(d *wgpu.Device, f flag) int {
	ref := deviceRef(d)
	for pause := 10 * time.Microsecond; ; pause = min(pause*5/4, 500*time.Microsecond) {
		if s := C.poll(ref, f.c); s != 0 {
			return int(s)
		}
		time.Sleep(pause)
	}
}

// errorWatch keeps the first error that the binding does not report itself.
type errorWatch struct{ c *C.report }

func watchErrors(d *wgpu.Device) errorWatch { return errorWatch{C.watch_errors(deviceRef(d))} }

// take returns and forgets the error kept, if any.
func (w errorWatch) take() error {
	if w.c._type == 0 {
		return nil
	}
	w.c._type = 0
	return reason(errors.New(C.GoString(&w.c.message[0])))
}

func (w errorWatch) free() { C.free(unsafe.Pointer(w.c)) }

func hasVulkanLoader() bool { return bool(C.has_vulkan_loader()) }
