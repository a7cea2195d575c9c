package expand

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io/fs"
)

// Hash hashes the names and contents of a folder's files, in the order of
// the names. Lengths stand before both, so that no byte can move from one to
// another unseen.
func Hash(files fs.FS) string {
	h := sha256.New()
	write := func(b []byte) {
		var n [8]byte
		binary.LittleEndian.PutUint64(n[:], uint64(len(b)))
		h.Write(n[:])
		h.Write(b)
	}
	entries, err := fs.ReadDir(files, ".") // sorted by name
	for _, e := range entries {
		var text []byte
		if text, err = fs.ReadFile(files, e.Name()); err != nil {
			break
		}
		write([]byte(e.Name()))
		write(text)
	}
	if err != nil { // the files are part of the program
		panic(fmt.Sprintf("expand: hashing the kernels: %v", err))
	}
	return hex.EncodeToString(h.Sum(nil))
}
