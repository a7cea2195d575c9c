//go:build page

package web

import "embed"

//go:embed dist
var built embed.FS
