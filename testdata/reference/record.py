"""Records traces of training steps, PixelDA's and the baselines', for `pixelda-wgpu verify`.

A trace holds the inputs and the float64 results of a few steps, rounded to float32, and says how
far float32 PyTorch strays from them. See README.md for the format.
"""

import argparse
import dataclasses
import itertools
import json
import pathlib

import numpy as np
import torch

import baseline_trace
import baselines
import kinks
import tensorfile
from draws import draw_images, draw_state
from model import EVAL, Config, PixelDA, tower
from train_step import Training

HERE = pathlib.Path(__file__).parent
# What a committed trace must keep clear of kinks by, see kinks.clearance: another program's rounding
# may well be twice that of PyTorch.
CLEARANCE = 2.5
LOSSES = ("d_loss", "task_source", "task_adapted", "g_adv", "g_task", "g_loss")
POSE_LOSSES = ("pose_source", "pose_adapted", "g_pose")


def losses_of(config):
    """The names of the losses that a trace of `config` holds."""
    return LOSSES + (POSE_LOSSES if tower(config).pose else ())


def load_configs():
    """configs.json: for each trace its seed, its number of steps and its `Config`, in which nothing is random."""
    entries = json.loads((HERE / "configs.json").read_text())
    for entry in entries.values():
        if "method" in entry:
            entry["config"] = read_config(json.dumps(entry["config"]), baselines.Config)
            entry["adaptation"] = read_config(json.dumps(entry["adaptation"]), baselines.Adaptation)
        else:
            entry["config"] = read_config(json.dumps({"noise_std": 0.0, "dropout_keep": 1.0, **entry["config"]}))
    return entries


def read_config(text, kind=Config):
    """The configuration of a trace's metadata. What it does not state, as older traces do not, is the default."""
    return kind(**{name: tuple(v) if isinstance(v, list) else v for name, v in json.loads(text).items()})


def draw_poses(rng, batch):
    """Unit quaternions [B, 4] with a first component of at least 0."""
    q = rng.normal(size=(batch, 4))
    q *= np.where(q[:, :1] < 0, -1, 1) / np.linalg.norm(q, axis=1, keepdims=True)
    return q.astype(np.float32)


def draw_inputs(config, steps, rng):
    c = config
    source = lambda: draw_images(rng, c.batch, c.source_channels, c.size)
    target = lambda: draw_images(rng, c.batch, c.target_channels, c.size)
    labels = lambda: rng.integers(0, c.classes, c.batch).astype(np.int32)
    z = lambda: rng.uniform(-1, 1, (c.batch, c.noise_dim)).astype(np.float32)
    inputs = {}
    for i in range(steps):
        inputs |= {f"step{i}.d_source": source(), f"step{i}.d_labels": labels(),
                   f"step{i}.d_target": target(), f"step{i}.d_z": z(),
                   f"step{i}.g_source": source(), f"step{i}.g_labels": labels(), f"step{i}.g_z": z()}
        if tower(c).pose:
            inputs |= {f"step{i}.d_poses": draw_poses(rng, c.batch), f"step{i}.g_poses": draw_poses(rng, c.batch)}
    return inputs | {"eval.source": source(), "eval.z": z(), "eval.target": target()}


def run(config, steps, state, inputs, dtype):
    """Trains from `state` on `inputs` in `dtype`; returns every expected value as float64."""
    model = PixelDA(config).to(dtype)
    model.load_state_dict({name: torch.tensor(value) for name, value in state.items()})
    training = Training(model, config)

    def feed(*names):
        tensors = [torch.tensor(inputs[name]) for name in names]
        return [t.long() if t.dtype == torch.int32 else t.to(dtype) for t in tensors]

    results = {}
    for i in range(steps):
        step = f"step{i}."
        names = {"d": ["source", "labels", "target", "z"], "g": ["source", "labels", "z"]}
        if tower(config).pose:
            names = {update: [*of, "poses"] for update, of in names.items()}
        d_losses, d_gradients = training.d_step(*feed(*(f"{step}d_{name}" for name in names["d"])))
        g_losses, g_gradients = training.g_step(*feed(*(f"{step}g_{name}" for name in names["g"])))
        results |= {step + name: value for name, value in (d_losses | g_losses).items()}
        results |= {f"{step}grad.{name}": value for name, value in (d_gradients | g_gradients).items()}
        results |= {f"{step}after.{name}": value.clone() for name, value in model.state_dict().items()}
    with torch.no_grad():
        source, z, target = feed("eval.source", "eval.z", "eval.target")
        results["eval.adapted"] = model.generator(source, z, EVAL)
        logits, quaternion = model.task.classify_adapted(target, EVAL)
        results["eval.target_logits"] = logits
        if quaternion is not None:
            results["eval.target_quaternions"] = quaternion
    return {name: value.detach().double().numpy() for name, value in results.items()}


def distance(got, want, names, origin=None):
    """The norm of the error over all named tensors, relative to that of `want` (less `origin`)."""
    error = sum(np.sum((got[n] - want[n]) ** 2) for n in names)
    scale = sum(np.sum((want[n] - (origin[n] if origin else 0)) ** 2) for n in names)
    return np.sqrt(error / scale)


def deviation(got, want, steps, state, names=LOSSES + POSE_LOSSES):
    """How far the run `got` strays from `want`, in those losses of these names that it has: the trace's `float32` entry."""
    def digits(x):
        return float(f"{x:.2e}")

    report = []
    for i in range(steps):
        grads = [n for n in want if n.startswith(f"step{i}.grad.")]
        after = [n for n in want if n.startswith(f"step{i}.after.")]
        stats = [n for n in after if ".running_" in n]
        origin = {f"step{i}.after.{n}": value for n, value in state.items()}
        losses = [f"step{i}.{n}" for n in names if f"step{i}.{n}" in want]
        report.append({
            "loss": digits(max(abs(got[n] / want[n] - 1) for n in losses)),
            "grad": digits(distance(got, want, grads)),
            "param": digits(distance(got, want, [n for n in after if n not in stats], origin)),
            "stats": digits(distance(got, want, stats)) if stats else 0.0,
        })
    drawn = np.abs(got["eval.adapted"] - want["eval.adapted"]).max() if "eval.adapted" in want else 0.0
    return {"steps": report, "adapted": digits(drawn)}


def record(config, seed, steps):
    """One trace of PixelDA: its tensors, its metadata, and its clearance from kinks."""
    rng = np.random.default_rng(seed)
    state = draw_state(PixelDA(config), rng)
    inputs = draw_inputs(config, steps, rng)
    return assemble(lambda dtype: run(config, steps, state, inputs, dtype), state, inputs, steps,
                    losses_of(config), {"config": json.dumps(dataclasses.asdict(config))})


def record_baseline(method, config, adaptation, seed, steps):
    """One trace of a baseline, as `record` has it."""
    trace = baseline_trace.BaselineTrace(method, config, adaptation, steps, np.random.default_rng(seed))
    return assemble(trace.run, trace.state, trace.inputs, steps, baselines.METHODS[method].losses, {
        "method": method, "config": json.dumps(dataclasses.asdict(config)),
        "adaptation": json.dumps(dataclasses.asdict(adaptation)),
    })


def record_entry(entry, seed):
    if "method" in entry:
        return record_baseline(entry["method"], entry["config"], entry["adaptation"], seed, entry["steps"])
    return record(entry["config"], seed, entry["steps"])


def assemble(trained, state, inputs, steps, losses, stated):
    """The trace of what `trained` computes in a given precision."""
    with kinks.watch() as exact:
        expected = trained(torch.float64)
    with kinks.watch() as rounded:
        plain = trained(torch.float32)
    scalars = {f"step{i}.{name}" for i in range(steps) for name in losses}
    tensors = {f"init.{name}": value for name, value in state.items()} | inputs
    tensors |= {name: value if name in scalars else value.astype(np.float32)
                for name, value in expected.items()}
    metadata = {
        "format": "pixelda-trace", "version": "1", "steps": str(steps), **stated,
        "float32": json.dumps(deviation(plain, expected, steps, state, losses)),
        "producer": f"PyTorch {torch.__version__}",
    }
    return tensors, metadata, kinks.clearance(exact, rounded)


def main():
    configs = load_configs()
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NAME",
                        help="traces of configs.json to record (default: the committed ones)")
    parser.add_argument("--out", type=pathlib.Path, default=HERE.parent / "traces", help="folder (default: ../traces)")
    parser.add_argument("--seek", action="store_true",
                        help=f"print for each the first seed that keeps clear of kinks by {CLEARANCE} and stop")
    parser.add_argument("--list", action="store_true", help="list the traces and stop")
    arguments = parser.parse_args()
    if arguments.list:
        for name, entry in configs.items():
            print(f"{name:16} {'committed' if entry['committed'] else 'on demand':10} {entry['about']}")
        return
    unknown = [name for name in arguments.names if name not in configs]
    if unknown:
        parser.error(f"no trace {unknown[0]!r} in configs.json; known: {', '.join(configs)}")
    names = arguments.names or [n for n, entry in configs.items() if entry["committed"]]
    if arguments.seek:
        for name in names:
            seed = next(s for s in itertools.count(1) if record_entry(configs[name], s)[2] >= CLEARANCE)
            print(f"{name:16} {seed}")
        return
    arguments.out.mkdir(parents=True, exist_ok=True)
    for name in names:
        entry = configs[name]
        tensors, metadata, clear = record_entry(entry, entry["seed"])
        if entry["committed"] and clear < CLEARANCE:
            raise SystemExit(f"{name}: seed {entry['seed']} comes within {clear:.2g} of a kink, in units of float32's "
                             f"rounding; --seek finds one that keeps clear by {CLEARANCE}")
        path = arguments.out / f"{name}.safetensors"
        tensorfile.save(path, tensors, metadata)
        print(f"{path}  {path.stat().st_size / 2**20:.1f} MiB  clear by {clear:.2g}  float32 {metadata['float32']}")


if __name__ == "__main__":
    main()
