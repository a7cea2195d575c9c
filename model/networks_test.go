package model_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pixelda-wgpu/model"
	"pixelda-wgpu/model/graph"
)

func networks(t testing.TB, c model.Config) *model.Networks {
	t.Helper()
	n, err := model.NewNetworks(c)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// The counts of parameters that the paper's networks have, by hand: weights and
// biases of each layer, a beta for each normalised channel.
func TestParameterCounts(t *testing.T) {
	n := networks(t, preset(t, "mnist-mnistm"))
	for _, c := range []struct {
		store *graph.Store
		want  int
	}{
		// 456,963
		{n.Generator, 1024*10 + 1024 + (4*64*9 + 64) + 12*(64*64*9+64) + (64*3 + 3)},
		// 1,559,169
		{n.Discriminator, (3*64*9 + 64) + (64*128*9 + 128) + (128*256*9 + 256) + (256*512*9 + 512) + (512*4*4 + 1)},
		// 361,722
		{n.Task, 2*(3*32*25+32) + (32*48*25 + 48) + (48*8*8*100 + 100) + (100*100 + 100) + (100*10 + 10)},
		{n.GeneratorStats, 2 * (1024 + 12*64)}, {n.DiscriminatorStats, 2 * (128 + 256 + 512)},
	} {
		if c.store.Count() != c.want {
			t.Errorf("%s has %d parameters, want %d", c.store.Name(), c.store.Count(), c.want)
		}
	}
	if g, d, task := n.Generator.Count(), n.Discriminator.Count(), n.Task.Count(); g != 456963 || d != 1559169 ||
		task != 361722 {
		t.Errorf("%d, %d and %d parameters", g, d, task)
	}
}

// The same for LineMod: RGB-D of 64 × 64, eleven classes.
func TestParameterCountsOfLineMod(t *testing.T) {
	c := preset(t, "linemod")
	n := networks(t, c)
	dense := func(in, out int) int { return in*out + out }
	conv := func(kernel, in, out int) int { return kernel*kernel*in*out + out }
	heads := func(in int) int { return dense(in, 11) + dense(in, 4) }
	if got := n.Discriminator.Count(); got != 6_287_553 {
		t.Errorf("the discriminator has %d parameters, want 6,287,553", got)
	}
	if got, want := n.Generator.Count(), 4096*10+4096+conv(3, 5, 64)+8*(64*64*9+64)+conv(1, 64, 4); got != want {
		t.Errorf("the generator has %d parameters, want %d", got, want)
	}
	if got, want := n.Task.Count(), 2*conv(5, 4, 32)+conv(5, 32, 64)+dense(16*16*64, 128)+heads(128); got != want {
		t.Errorf("pose-mini has %d parameters, want %d", got, want)
	}
	c.TaskTower, c.TowerUnits, c.PrivateLayers = model.Doubling, 100, 2
	if got, want := networks(t, c).Task.Count(), 2*(conv(3, 4, 32)+conv(3, 32, 64))+conv(3, 64, 128)+conv(3, 128, 256)+
		dense(4*4*256, 100)+heads(100); got != want {
		t.Errorf("doubling has %d parameters, want %d", got, want)
	}
}

// layout lists the variables of stores with their shapes, in order.
func layout(stores ...*graph.Store) (lines []string) {
	for _, s := range stores {
		for _, v := range s.Variables() {
			lines = append(lines, fmt.Sprint(v.Name, " ", v.Dims))
		}
	}
	return lines
}

// Checkpoints hold these names, in this layout: PyTorch's.
func TestNames(t *testing.T) {
	c := preset(t, "small")
	c.Size, c.SourceChannels, c.TargetChannels, c.GBlocks, c.GFilters, c.DFilters, c.NoiseDim, c.Classes, c.GHead = 16,
		1, 3, 2, 5, 4, 7, 9, 3
	n := networks(t, c)
	want := strings.Split(`generator.noise.fc.weight [256 7]
generator.noise.bn.bias [256]
generator.stem.weight [5 2 3 3]
generator.stem.bias [5]
generator.blocks.0.conv1.weight [5 5 3 3]
generator.blocks.0.bn1.bias [5]
generator.blocks.0.conv2.weight [5 5 3 3]
generator.blocks.0.bn2.bias [5]
generator.blocks.1.conv1.weight [5 5 3 3]
generator.blocks.1.bn1.bias [5]
generator.blocks.1.conv2.weight [5 5 3 3]
generator.blocks.1.bn2.bias [5]
generator.head.weight [3 5 3 3]
generator.head.bias [3]
discriminator.conv1.weight [4 3 3 3]
discriminator.conv1.bias [4]
discriminator.conv2.weight [8 4 3 3]
discriminator.bn2.bias [8]
discriminator.conv3.weight [16 8 3 3]
discriminator.bn3.bias [16]
discriminator.fc.weight [1 256]
discriminator.fc.bias [1]
task.source.conv1.weight [16 1 5 5]
task.source.conv1.bias [16]
task.adapted.conv1.weight [16 3 5 5]
task.adapted.conv1.bias [16]
task.shared.conv2.weight [32 16 5 5]
task.shared.conv2.bias [32]
task.shared.fc1.weight [64 512]
task.shared.fc1.bias [64]
task.shared.fc2.weight [64 64]
task.shared.fc2.bias [64]
task.shared.fc3.weight [9 64]
task.shared.fc3.bias [9]
generator.noise.bn.running_mean [256]
generator.noise.bn.running_var [256]
generator.blocks.0.bn1.running_mean [5]
generator.blocks.0.bn1.running_var [5]
generator.blocks.0.bn2.running_mean [5]
generator.blocks.0.bn2.running_var [5]
generator.blocks.1.bn1.running_mean [5]
generator.blocks.1.bn1.running_var [5]
generator.blocks.1.bn2.running_mean [5]
generator.blocks.1.bn2.running_var [5]
discriminator.bn2.running_mean [8]
discriminator.bn2.running_var [8]
discriminator.bn3.running_mean [16]
discriminator.bn3.running_var [16]`, "\n")
	if got := layout(n.Stores()...); !slices.Equal(got, want) {
		t.Errorf("got\n%s", strings.Join(got, "\n"))
	}
}

// The towers with orientations extend the names.
func TestTowerNames(t *testing.T) {
	c := preset(t, "linemod")
	c.Size, c.SourceChannels, c.TowerFilters, c.TowerUnits = 20, 3, [2]int{5, 10}, 7
	for tower, want := range map[model.TaskTower]string{
		model.PoseMini: `task.source.conv1.weight [5 3 5 5]
task.source.conv1.bias [5]
task.adapted.conv1.weight [5 4 5 5]
task.adapted.conv1.bias [5]
task.shared.conv2.weight [10 5 5 5]
task.shared.conv2.bias [10]
task.shared.fc1.weight [7 250]
task.shared.fc1.bias [7]
task.shared.class.weight [11 7]
task.shared.class.bias [11]
task.shared.quaternion.weight [4 7]
task.shared.quaternion.bias [4]`,
		model.Doubling: `task.source.conv1.weight [5 3 3 3]
task.source.conv1.bias [5]
task.source.conv2.weight [10 5 3 3]
task.source.conv2.bias [10]
task.adapted.conv1.weight [5 4 3 3]
task.adapted.conv1.bias [5]
task.adapted.conv2.weight [10 5 3 3]
task.adapted.conv2.bias [10]
task.shared.fc1.weight [7 250]
task.shared.fc1.bias [7]
task.shared.class.weight [11 7]
task.shared.class.bias [11]
task.shared.quaternion.weight [4 7]
task.shared.quaternion.bias [4]`,
	} {
		c.TaskTower = tower
		if c.PrivateLayers = 1; tower == model.Doubling {
			c.PrivateLayers = 2
		}
		if got := strings.Join(layout(networks(t, c).Task), "\n"); got != want {
			t.Errorf("%s:\n%s", tower, got)
		}
	}
	c.TaskTower, c.PrivateLayers, c.SourceChannels = model.MNISTTower, 0, 4
	if got := layout(networks(t, c).Task)[0]; got != "task.shared.conv1.weight [5 4 5 5]" {
		t.Errorf("a tower without private layers begins with %s", got)
	}
}

// The discriminator halves its maps until they are no larger than 4 × 4.
func TestDiscriminatorLayers(t *testing.T) {
	for size, want := range map[int]struct{ layers, side int }{8: {2, 4}, 16: {3, 4}, 20: {4, 3}, 28: {4, 4},
		32: {4, 4}, 64: {5, 4}} {
		c := preset(t, "small")
		c.Size, c.DFilters = size, 3
		var layers int
		var fc []int
		for _, v := range networks(t, c).Discriminator.Variables() {
			if strings.HasPrefix(v.Name, "discriminator.conv") && strings.HasSuffix(v.Name, ".weight") {
				layers++
			}
			if v.Name == "discriminator.fc.weight" {
				fc = v.Dims
			}
		}
		if channels := 3 << (want.layers - 1); layers != want.layers ||
			!slices.Equal(fc, []int{1, channels * want.side * want.side}) {
			t.Errorf("%d × %d: %d layers and a last one of %v", size, size, layers, fc)
		}
	}
}

// Networks without batch normalisations have no running moments.
func TestStores(t *testing.T) {
	c := preset(t, "small")
	if n := networks(t, c); len(n.Stores()) != 5 || len(n.Trained()) != 3 {
		t.Errorf("%d stores, %d trained", len(n.Stores()), len(n.Trained()))
	}
	c.DFinalSize, c.NoiseDim, c.GBlocks = 64, 0, 0
	if n := networks(t, c); len(n.Stores()) != 3 {
		t.Errorf("%d stores without moments", len(n.Stores()))
	}
	c.GHead = 2 // that each number is in its range is recipe's to check
	if _, err := model.NewNetworks(c); err == nil {
		t.Error("a last convolution of an even size makes networks")
	}
}

// Checkpoints name variables as PyTorch does, and a role must be what the name says: how a
// variable begins, and whether it decays, follows from it.
func TestRoles(t *testing.T) {
	all := map[string]*model.Networks{}
	for _, name := range []string{"small", "linemod-small"} {
		all[name] = networks(t, preset(t, name))
	}
	for name, b := range baselines(t, func() model.Config { return preset(t, "small") }) {
		all[name] = b.networks
	}
	seen := map[graph.Role]int{}
	for name, n := range all {
		for _, s := range n.Stores() {
			for _, v := range s.Variables() {
				want := graph.Weight
				switch {
				case strings.Contains(v.Name, "prelu"):
					want = graph.Slope
				case strings.HasSuffix(v.Name, ".bias"):
					want = graph.Bias
				case strings.HasSuffix(v.Name, ".running_mean"):
					want = graph.Mean
				case strings.HasSuffix(v.Name, ".running_var"):
					want = graph.Variance
				case !strings.HasSuffix(v.Name, ".weight"):
					t.Errorf("%s: what is %s?", name, v.Name)
				}
				if v.Role != want {
					t.Errorf("%s: the role of %s is %d, not %d", name, v.Name, v.Role, want)
				}
				seen[v.Role]++
			}
		}
	}
	if len(seen) != 5 {
		t.Errorf("only %d roles occur: %v", len(seen), seen)
	}
}
