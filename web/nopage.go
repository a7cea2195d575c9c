//go:build !page

package web

import "embed"

// built is empty: the page is built by Node.js, which programs without it do
// not need.
var built embed.FS
