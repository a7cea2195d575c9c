package window

// inPage is true in a browser, whose page has the focus and the full screen.
const inPage = true
