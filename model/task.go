package model

import (
	"pixelda-wgpu/model/graph"
	"pixelda-wgpu/wgsl"
)

// domain chooses the private first layer of the task tower: one sees source
// images, the other adapted and target images.
type domain string

const (
	source  domain = "source"
	adapted domain = "adapted"
)

// layTask declares the task tower's variables (the original's mnist_classifier).
func (n *Networks) layTask() {
	f, u := n.TowerFilters, n.TowerUnits
	n.add(n.Task, "task.source.conv1.weight", f[0], n.SourceChannels, 5, 5)
	n.add(n.Task, "task.source.conv1.bias", f[0])
	n.add(n.Task, "task.adapted.conv1.weight", f[0], n.TargetChannels, 5, 5)
	n.add(n.Task, "task.adapted.conv1.bias", f[0])
	n.add(n.Task, "task.shared.conv2.weight", f[1], f[0], 5, 5)
	n.add(n.Task, "task.shared.conv2.bias", f[1])
	side := n.Size / 2 / 2
	n.add(n.Task, "task.shared.fc1.weight", u, f[1]*side*side)
	n.add(n.Task, "task.shared.fc1.bias", u)
	n.add(n.Task, "task.shared.fc2.weight", u, u)
	n.add(n.Task, "task.shared.fc2.bias", u)
	n.add(n.Task, "task.shared.fc3.weight", n.Classes, u)
	n.add(n.Task, "task.shared.fc3.bias", n.Classes)
}

// tower classifies images [B,C,S,S]: logits [B,Classes]. It has neither batch
// normalisation nor dropout, so that it does the same in training and after.
func (b bound) tower(images *graph.Tensor, d domain) (logits *graph.Tensor) {
	x := b.hidden(images, d)
	b.g.Scope("task."+string(d), func() {
		logits = b.g.Linear("fc3", x, b.get("task.shared.fc3.weight"), b.get("task.shared.fc3.bias"), wgsl.NoAct)
	})
	return logits
}

// hidden is the tower's last hidden layer [B,TowerUnits], the features that its
// logits are linear in.
func (b bound) hidden(images *graph.Tensor, d domain) (x *graph.Tensor) {
	g := b.g
	private := "task." + string(d) + ".conv1"
	g.Scope("task."+string(d), func() {
		x = g.Conv("conv1", images, b.get(private+".weight"), b.get(private+".bias"), 1, wgsl.ReLU)
		x = g.MaxPool("pool1", x, 2, 2)
		x = g.Conv("conv2", x, b.get("task.shared.conv2.weight"), b.get("task.shared.conv2.bias"), 1, wgsl.ReLU)
		x = g.MaxPool("pool2", x, 2, 2)
		x = g.Reshape(x, graph.Features(x.N, x.C*x.H*x.W))
		x = g.Linear("fc1", x, b.get("task.shared.fc1.weight"), b.get("task.shared.fc1.bias"), wgsl.ReLU)
		x = g.Linear("fc2", x, b.get("task.shared.fc2.weight"), b.get("task.shared.fc2.bias"), wgsl.ReLU)
	})
	return x
}
