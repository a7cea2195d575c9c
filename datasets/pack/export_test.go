package pack

// OpenRaw and Castagnoli are for tests of damaged files, which are packed with others.
var (
	OpenRaw    = openRaw
	Castagnoli = castagnoli
)
