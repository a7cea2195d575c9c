//go:build view && !js

package window

const inPage = false
