//go:build !js

package window

const inPage = false
