package kernels

import (
	"fmt"

	"pixelda-wgpu/wgsl/expand"
)

// QuaternionLoss is the mean of log(1e-4 + 1 − |q · p|) over n pairs of unit
// quaternions (paper, equation 6; the 1e-4 is the original code's).
//
//	0 p     read        [n, 4] predicted
//	1 q     read        [n, 4] true
//	2 loss  read_write  [1]
func QuaternionLoss(n int) Kernel {
	return New(fmt.Sprintf("quaternion loss %d", n), "quaternion_loss.wgsl",
		expand.Params{"N": n}, [3]uint32{1, 1, 1}, 12*float64(n), 32*float64(n))
}

// QuaternionLossGrad is weight times the gradient of p.
//
//	0 p   read        [n, 4] predicted
//	1 q   read        [n, 4] true
//	2 dp  read_write  [n, 4]
func QuaternionLossGrad(n int, weight float64) Kernel {
	return rows("quaternion loss grad", "quaternion_loss_grad.wgsl", expand.Params{"N": n, "WEIGHT": weight}, n, 12)
}

// rows builds a kernel whose invocations take one of n rows each, so many
// floats of traffic.
func rows(name, file string, p expand.Params, n, floats int) Kernel {
	return New(fmt.Sprintf("%s %d", name, n), file, p, [3]uint32{uint32(CeilDiv(n, 64)), 1, 1}, 12*float64(n),
		4*float64(floats*n))
}
