package kernels

// Half lets the kernels of a convolution hand their tensors on as 16-bit floats, which
// halves the memory that they read and write; operands, results and all sums remain
// float32. The zero value is float32 throughout. Of the plans, those by Winograd's
// algorithm have such tensors.
//
// Halves have 11 bits, down to 2⁻¹⁴, and end at 65504. Gradients are smaller than that:
// they are multiplied by a power of two where they are stored, and what comes of them is
// divided by it.
type Half struct {
	On    bool
	X, DY int // binary exponents of what multiplies the operands x and dy
}

// Swapped is h for a convolution whose x is the gradient and whose dy is the input.
func (h Half) Swapped() Half { return Half{h.On, h.DY, h.X} }

func (h Half) String() string {
	if h.On {
		return " f16"
	}
	return ""
}

// Floats is what an even number of numbers takes, in floats.
func (h Half) Floats(numbers int) int {
	if h.On {
		return numbers / 2
	}
	return numbers
}

// QuadsPerLine is how many quads of tiles fill 64 bytes.
func (h Half) QuadsPerLine() int { return 16 / h.Floats(4) }
