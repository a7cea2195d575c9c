"""Times PixelDA's full-size training iteration (D and G update) in PyTorch.

The defaults are the paper's model: 32x32 RGB, 6 blocks of 64 filters, batch 32, float32, with
dropout and noise. Prints one line of JSON with the median, lowest and highest milliseconds.
"""

import argparse
import dataclasses
import json
import statistics
import sys
import time

import torch

from model import Config, PixelDA
from train_step import Training

GFLOP_PER_IMAGE = 152.3 / 32  # D and G update of the default model, convolutions and products only


def parse():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--threads", type=int, help="CPU threads (default: PyTorch's choice)")
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--warmup", type=int, default=3, help="iterations before timing")
    parser.add_argument("--iterations", type=int, default=10, help="iterations timed")
    parser.add_argument("--tf32", action="store_true", help="let CUDA use TF32 in convolutions and products")
    parser.add_argument("--channels-last", action="store_true", help="keep images and weights in NHWC")
    parser.add_argument("--compile", action="store_true", help="torch.compile the three networks (PyTorch 2)")
    parser.add_argument("--graph", action="store_true", help="replay the iteration as one CUDA graph")
    return parser.parse_args()


def batches(config, device, layout):
    """One batch resident on the device, so that no loading or copying is timed."""
    def images(channels):
        x = torch.rand(config.batch, channels, config.size, config.size, device=device) * 2 - 1
        return x.contiguous(memory_format=layout)

    labels = torch.randint(config.classes, (config.batch,), device=device)
    return images(config.source_channels), labels, images(config.target_channels)


def captured(iterate):
    """A CUDA graph of `iterate`. It repeats the step count and learning rate of its capture: good
    for timing, not for training."""
    side = torch.cuda.Stream()
    side.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(side):
        for _ in range(3):
            iterate()
    torch.cuda.current_stream().wait_stream(side)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        iterate()
    return graph.replay


def main():
    arguments = parse()
    device = torch.device(arguments.device)
    cuda = device.type == "cuda"
    if arguments.graph and not cuda:
        sys.exit("bench_step: --graph needs --device cuda")
    if arguments.compile and not hasattr(torch, "compile"):
        sys.exit(f"bench_step: --compile needs PyTorch 2, this is {torch.__version__}")
    if arguments.threads:
        torch.set_num_threads(arguments.threads)
    torch.backends.cudnn.benchmark = True
    torch.backends.cudnn.allow_tf32 = torch.backends.cuda.matmul.allow_tf32 = arguments.tf32

    config = dataclasses.replace(Config(), batch=arguments.batch)
    layout = torch.channels_last if arguments.channels_last else torch.contiguous_format
    model = PixelDA(config).to(device).to(memory_format=layout)
    training = Training(model, config)
    if arguments.compile:
        for network in (model.generator, model.discriminator):
            network.compile()
        model.task.classify_source = torch.compile(model.task.classify_source)
        model.task.classify_adapted = torch.compile(model.task.classify_adapted)
    source, labels, target = batches(config, device, layout)

    def draw():
        return torch.rand(config.batch, config.noise_dim, device=device) * 2 - 1

    def iterate():
        training.d_step(source, labels, target, draw())
        training.g_step(source, labels, draw())

    def wait():
        if cuda:
            torch.cuda.synchronize()

    for _ in range(arguments.warmup):
        iterate()
    step = captured(iterate) if arguments.graph else iterate
    times = []
    for _ in range(arguments.iterations):
        wait()
        start = time.perf_counter()
        step()
        wait()
        times.append(1e3 * (time.perf_counter() - start))
    median = statistics.median(times)
    print(json.dumps({
        "ms": round(median, 3), "lowest": round(min(times), 3), "highest": round(max(times), 3),
        "images_per_s": round(1e3 * config.batch / median, 1),
        "gflop_per_s": round(GFLOP_PER_IMAGE * config.batch / median * 1e3, 1),
        "device": torch.cuda.get_device_name(device) if cuda else f"cpu, {torch.get_num_threads()} threads",
        "torch": torch.__version__, "batch": config.batch, "tf32": arguments.tf32,
        "channels_last": arguments.channels_last, "compile": arguments.compile, "graph": arguments.graph,
    }))


if __name__ == "__main__":
    main()
