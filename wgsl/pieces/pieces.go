// Package pieces holds the WGSL that several kernels include. A piece has no entry
// point; its first lines say what it expects of the kernel that includes it.
package pieces

import "embed"

// Files are the pieces, by name.
//
//go:embed *.wgsl
var Files embed.FS
