package kernels

import (
	"fmt"

	"pixelda-wgpu/wgsl/expand"
)

// CenterColumns takes the mean over n rows out of each of c columns. It is its own
// gradient.
//
//	0 x  read        [n, c]
//	1 y  read_write  [n, c]
func CenterColumns(n, c int) Kernel {
	return New(fmt.Sprintf("center columns %d×%d", n, c), "center_columns.wgsl", expand.Params{"N": n, "C": c},
		Grid(CeilDiv(c, 64)), 2*float64(n*c), 8*float64(n*c))
}

// Normalize scales n rows of c to length 1; shorter ones than 1e-6 by 1e6, as
// TensorFlow's l2_normalize does. Of quaternions c is 4.
//
//	0 x  read        [n, c]
//	1 y  read_write  [n, c]
func Normalize(n, c int) Kernel {
	return New(fmt.Sprintf("normalize %d×%d", n, c), "normalize.wgsl", expand.Params{"N": n, "C": c},
		Grid(n), 3*float64(n*c), 8*float64(n*c))
}

// NormalizeGrad is the gradient of x.
//
//	0 dy  read        [n, c]
//	1 x   read        [n, c]
//	2 dx  read_write  [n, c]
func NormalizeGrad(n, c int) Kernel {
	return New(fmt.Sprintf("normalize grad %d×%d", n, c), "normalize_grad.wgsl", expand.Params{"N": n, "C": c},
		Grid(n), 6*float64(n*c), 12*float64(n*c))
}
