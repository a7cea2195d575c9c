package model

import (
	"fmt"
	"slices"

	"pixelda-wgpu/model/graph"
	"pixelda-wgpu/wgsl/kernels"
)

// TaskTower names one of the original's task towers (pixelda_task_towers.py).
type TaskTower = string

// The towers.
const (
	MNISTTower TaskTower = "mnist"     // mnist_classifier, for digits
	PoseMini   TaskTower = "pose-mini" // pose_mini_tower: class and orientation
	Doubling   TaskTower = "doubling"  // doubling_cnn_class_and_quaternion: filters double with each layer
)

var taskTowers = []TaskTower{MNISTTower, PoseMini, Doubling}

// tower is a task tower as a table: convolutions with ReLU, each before a max pool
// 2 × 2; hidden layers with ReLU; dropout; a layer of logits, and beside it one of
// quaternions where the tower has orientations.
type tower struct {
	kernel int
	convs  []int // filters
	hidden []int // units
	logits string
	pose   bool
}

func (c Config) tower() tower {
	filters, units := c.TowerFilters, c.TowerUnits
	switch c.TaskTower {
	case PoseMini:
		return tower{kernel: 5, convs: filters[:], hidden: []int{units}, logits: "class", pose: true}
	case Doubling:
		return tower{kernel: 3, convs: doubled(filters[0], c.Size), hidden: []int{units}, logits: "class", pose: true}
	default:
		return tower{kernel: 5, convs: filters[:], hidden: []int{units, units}, logits: "fc3"}
	}
}

// doubled lists the filters of layers until the height is at most 5.
func doubled(filters, size int) (all []int) {
	for ; size > 5; size /= 2 {
		all = append(all, filters)
		filters *= 2
	}
	return all
}

// side is the height and width of what the last pool leaves.
func (t tower) side(size int) int { return size >> len(t.convs) }

// LearnsPose reports whether the task tower is trained on orientations, which
// programs then read beside the labels.
func (c Config) LearnsPose() bool {
	return c.tower().pose && (c.PoseSourceWeight > 0 || c.PoseAdaptedWeight > 0)
}

func (c Config) validateTower() error {
	if !slices.Contains(taskTowers, c.TaskTower) {
		return origin.Errorf("configuration: task_tower is %q; want one of %v", c.TaskTower, taskTowers)
	}
	if f := c.TowerFilters; c.TaskTower == Doubling && f[1] != 2*f[0] {
		return origin.Errorf("configuration: tower_filters is %v; the tower doubling has twice the filters in "+
			"each layer: want %v", f, [2]int{f[0], 2 * f[0]})
	}
	if layers := len(c.tower().convs); c.PrivateLayers > layers {
		return origin.Errorf("configuration: private_layers is %d; the tower %s has %d convolutions for images "+
			"of %d × %d", c.PrivateLayers, c.TaskTower, layers, c.Size, c.Size)
	}
	if c.PrivateLayers == 0 && c.SourceChannels != c.TargetChannels {
		return origin.Errorf("configuration: private_layers is 0 with source_channels %d and target_channels %d; "+
			"a tower without private layers takes equal channels", c.SourceChannels, c.TargetChannels)
	}
	return nil
}

// domain chooses the private layers of the task tower: some see source images,
// the others adapted and target images.
type domain string

const (
	source  domain = "source"
	adapted domain = "adapted"
)

// convName is the name of convolution i, from 0, for images of a domain.
func (c Config) convName(i int, d domain) string {
	owner := string(d)
	if i >= c.PrivateLayers {
		owner = "shared"
	}
	return fmt.Sprintf("task.%s.conv%d", owner, i+1)
}

// layTask declares the task tower's variables: private layers, then shared ones.
func (n *Networks) layTask() {
	t := n.Config.tower()
	layer := func(name string, dims ...int) {
		n.add(n.Task, graph.Weight, name+".weight", dims...)
		n.add(n.Task, graph.Bias, name+".bias", dims[0])
	}
	conv := func(i int, d domain, channels int) {
		if i > 0 {
			channels = t.convs[i-1]
		}
		layer(n.Config.convName(i, d), t.convs[i], channels, t.kernel, t.kernel)
	}
	for i := range n.Config.PrivateLayers {
		conv(i, source, n.Config.SourceChannels)
	}
	for i := range n.Config.PrivateLayers {
		conv(i, adapted, n.Config.TargetChannels)
	}
	for i := n.Config.PrivateLayers; i < len(t.convs); i++ {
		conv(i, adapted, n.Config.TargetChannels)
	}
	side := t.side(n.Config.Size)
	features := t.convs[len(t.convs)-1] * side * side
	for i, units := range t.hidden {
		layer(fmt.Sprintf("task.shared.fc%d", i+1), units, features)
		features = units
	}
	layer("task.shared."+t.logits, n.Config.Classes, features)
	if t.pose {
		layer("task.shared.quaternion", 4, features)
	}
}

// prediction is what the task tower makes of images.
type prediction struct {
	logits     *graph.Tensor // [B,Classes]
	quaternion *graph.Tensor // [B,4], of length 1; nil from a tower that learns none

	pooled *graph.Tensor   // [B,features] behind the last pool
	hidden []*graph.Tensor // the hidden layers [B,units], before dropout
}

// predict classifies images [B,C,S,S]. In all modes but inference the last
// hidden layer is dropped out, with the random numbers of the stream.
func (b bound) predict(images *graph.Tensor, d domain, m mode, stream uint32) (p prediction) {
	g, t := b.g, b.Config.tower()
	layer := func(name string) (weight, bias *graph.Tensor) { return b.get(name + ".weight"), b.get(name + ".bias") }
	g.Scope("task."+string(d), func() {
		x := images
		for i := range t.convs {
			w, bias := layer(b.Config.convName(i, d))
			x = g.Conv(fmt.Sprintf("conv%d", i+1), x, w, bias, 1, kernels.ReLU)
			x = g.MaxPool(fmt.Sprintf("pool%d", i+1), x, 2, 2)
		}
		x = g.Reshape(x, graph.Features(x.N, x.C*x.H*x.W))
		p.pooled = x
		for i := range t.hidden {
			name := fmt.Sprintf("fc%d", i+1)
			w, bias := layer("task.shared." + name)
			x = g.Linear(name, x, w, bias, kernels.ReLU)
			p.hidden = append(p.hidden, x)
		}
		if m != inference {
			x = g.DropoutNoise("dropout", x, b.Config.TowerKeep, 0, stream)
		}
		w, bias := layer("task.shared." + t.logits)
		p.logits = g.Linear(t.logits, x, w, bias, kernels.NoAct)
		if b.Config.LearnsPose() {
			w, bias = layer("task.shared.quaternion")
			p.quaternion = g.Normalize("unit", g.Linear("quaternion", x, w, bias, kernels.Tanh))
		}
	})
	return p
}
