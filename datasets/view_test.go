package datasets

import "testing"

// Streaming makes no image twice and holds none: it has the generator draw in
// order, about blockBytes ahead at most.
func TestBlocksHoldOne(t *testing.T) {
	const n = 4000 // 16 MiB
	var drawn, written [n]bool
	s := Set{Name: "x", Width: 64, Height: 64, Channels: 1}.View(n, func(dst []byte, i int) error {
		if drawn[i] {
			t.Errorf("image %d is drawn twice", i)
		}
		drawn[i], dst[0] = true, byte(i)
		if early := i - blockBytes/4096; early >= 0 && !written[early] {
			t.Errorf("image %d is drawn before image %d is written", i, early)
		}
		return nil
	})
	at := 0
	err := s.Blocks(func(pixels []byte) error {
		for k := 0; k < len(pixels); k += 4096 {
			if pixels[k] != byte(at) {
				t.Fatalf("image %d is out of order", at)
			}
			written[at] = true
			at++
		}
		return nil
	})
	if err != nil || at != n {
		t.Errorf("%d of %d images, %v", at, n, err)
	}
}
