package model

import (
	"pixelda-wgpu/gpu"
	"pixelda-wgpu/model/graph"
)

// show makes a prediction readable: <name>.logits [batch,classes] and, where the
// task tower learns them, <name>.quaternions [batch,4].
func (b bound) show(name string, p prediction) {
	b.g.Output(name+".logits", p.logits)
	if p.quaternion != nil {
		b.g.Output(name+".quaternions", p.quaternion)
	}
}

// Adapt is the generator in inference: adapt.source, adapt.z → adapt.images
// [batch,Ct,S,S] in (−1, 1), and what the task tower makes of them: adapt.logits
// [batch,classes] and, where it learns them, adapt.quaternions [batch,4].
func (n *Networks) Adapt(in Inputs, batch int, choose graph.Chooser) (*gpu.Program, error) {
	return n.program(AdaptProgram, choose, func(b bound) {
		src := b.images("adapt.source", in.Source, batch, b.Config.SourceChannels)
		fake := b.generator(src, b.noise("adapt.z", in.HostNoise, batch), inference)
		b.g.Output("adapt.images", fake)
		b.show(AdaptProgram, b.predict(fake, adapted, inference, 0))
	})
}

// Generate is the generator by itself, for use where nothing is trained: it knows
// no other network's buffers. generate.source [batch,Cs,S,S] and generate.z
// [batch,Z] → generate.images [batch,Ct,S,S] in (−1, 1), and the same as bytes:
// generate.pixels [batch,S,S,4], RGBA.
func (n *Networks) Generate(batch int, choose graph.Chooser) (*gpu.Program, error) {
	g, err := graph.Build(func(g *graph.Graph) {
		b := bound{n, g}
		src := b.images("generate.source", Images{}, batch, b.Config.SourceChannels)
		fake := b.generator(src, b.noise("generate.z", true, batch), inference)
		g.Output("generate.images", fake)
		g.StoreImages("generate.pixels", fake, 4)
		for _, s := range []*graph.Store{n.Generator, n.GeneratorStats} {
			g.Reserve(s.Values(), s.Len())
		}
	})
	if err != nil {
		return nil, origin.Errorf("program %s: %w", GenerateProgram, err)
	}
	return g.Program(GenerateProgram, choose)
}

// Features is what the task tower knows of images before it decides, its last hidden
// layer, through the layers that see target images: features.images →
// features.hidden [batch,units].
func (n *Networks) Features(f Images, batch int, choose graph.Chooser) (*gpu.Program, error) {
	return n.program(FeaturesProgram, choose, func(b bound) {
		p := b.predict(b.images(FeaturesProgram+".images", f, batch, n.Config.TargetChannels), adapted, inference, 0)
		b.g.Output(FeaturesProgram+".hidden", p.hidden[len(p.hidden)-1])
	})
}

// FeatureUnits is the width of Features.
func (n *Networks) FeatureUnits() int {
	hidden := n.Config.tower().hidden
	return hidden[len(hidden)-1]
}

// Classify is the task tower behind one of its private layers: <name>.images →
// <name>.logits [batch,classes] and, where it learns them, <name>.quaternions
// [batch,4].
func (n *Networks) Classify(name string, f Images, batch int, choose graph.Chooser) (*gpu.Program, error) {
	d, channels := adapted, n.Config.TargetChannels
	if name == ClassifySource {
		d, channels = source, n.Config.SourceChannels
	}
	return n.program(name, choose, func(b bound) {
		b.show(name, b.predict(b.images(name+".images", f, batch, channels), d, inference, 0))
	})
}
