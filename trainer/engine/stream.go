package engine

import (
	"pixelda-wgpu/datasets"
	"pixelda-wgpu/gpu"
)

// stream feeds batches of one set.
type stream struct {
	set     *datasets.Set
	sampler datasets.Sampler
	indices []int
	images  []byte
	labels  []uint32
	poses   []datasets.Pose
}

// buffers names the buffers of a batch; what has no name is not fed.
type buffers struct{ images, labels, poses string }

func newStream(set *datasets.Set, seed uint64, batch int) (*stream, error) {
	sampler, err := datasets.NewSampler(set.Len(), seed)
	if err != nil {
		return nil, err
	}
	return &stream{set, sampler, make([]int, batch), make([]byte, form(set).Bytes(batch)), make([]uint32, batch),
		make([]datasets.Pose, batch)}, nil
}

// feed writes batch number step to the device.
func (s *stream) feed(session *gpu.Session, to buffers, step uint64) error {
	s.sampler.Fill(s.indices, step)
	s.set.Gather(s.images, s.indices)
	err := session.Write(to.images, 0, s.images)
	if err == nil && to.labels != "" {
		s.set.GatherLabels(s.labels, s.indices)
		err = session.Write(to.labels, 0, gpu.Bytes(s.labels))
	}
	if err == nil && to.poses != "" {
		s.set.GatherPoses(s.poses, s.indices)
		flat := make([]float32, 0, 4*len(s.poses))
		for _, pose := range s.poses {
			flat = append(flat, pose[:]...)
		}
		err = session.Write(to.poses, 0, gpu.Bytes(flat))
	}
	return err
}
