// Package parallel spreads work over all cores.
package parallel

import (
	"errors"
	"runtime"
	"runtime/debug"
	"sync"
	"sync/atomic"

	"pixelda-wgpu/datasets/mapped"
)

// Do calls work(0) … work(n-1) on all cores. A fault in a mapped file becomes a panic in the
// caller, who may know what to do about it.
func Do(n int, work func(i int)) {
	var next atomic.Int64
	var fault atomic.Pointer[mapped.FaultError]
	var wait sync.WaitGroup
	for range min(n, runtime.GOMAXPROCS(0)) {
		wait.Go(func() {
			defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
			defer func() {
				r := recover()
				if told, ok := errors.AsType[*mapped.FaultError](mapped.Fault(r)); ok {
					fault.Store(told)
				} else if r != nil {
					panic(r)
				}
			}()
			for i := next.Add(1) - 1; i < int64(n); i = next.Add(1) - 1 {
				work(int(i))
			}
		})
	}
	wait.Wait()
	if f := fault.Load(); f != nil {
		panic(f)
	}
}

// Try is Do for work that can fail. It stops early, and returns
// the error with the lowest index among those that occurred.
func Try(n int, work func(i int) error) error {
	var mu sync.Mutex
	var failed error
	at := n
	var stop atomic.Bool
	Do(n, func(i int) {
		if stop.Load() {
			return
		}
		if err := work(i); err != nil {
			stop.Store(true)
			mu.Lock()
			if i < at {
				failed, at = err, i
			}
			mu.Unlock()
		}
	})
	return failed
}
