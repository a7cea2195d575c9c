package datasets

import (
	"runtime"
	"sync"
	"sync/atomic"
)

// parallel calls work(0) … work(n-1) on all cores.
func parallel(n int, work func(i int)) {
	var next atomic.Int64
	var wait sync.WaitGroup
	for range min(n, runtime.GOMAXPROCS(0)) {
		wait.Go(func() {
			for i := next.Add(1) - 1; i < int64(n); i = next.Add(1) - 1 {
				work(int(i))
			}
		})
	}
	wait.Wait()
}

// parallelErr is parallel for work that can fail. It stops early, and returns
// the error with the lowest index among those that occurred.
func parallelErr(n int, work func(i int) error) error {
	var mu sync.Mutex
	var failed error
	at := n
	var stop atomic.Bool
	parallel(n, func(i int) {
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
