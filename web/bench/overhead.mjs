// Measures what an iteration costs the worker's thread: Go, the player and
// Chromium's encoding of commands, without the GPU's own work (Linux only).
// `node bench/overhead.mjs`, after `make web`.
import { readdirSync, readFileSync } from "node:fs";
import { launch, openTrainer, processes, serveClient } from "../test/harness.mjs";
import { Native, tiny } from "../test/native.mjs";

const iterations = 400;
const millisecondsPerTick = 10; // of /proc, on every Linux

/** CPU milliseconds so far of the threads that run workers, below this process. */
function workerTime() {
  const all = processes(),
    ours = (p) => p && (p.id === process.pid || ours(all.get(p.parent)));
  let ticks = 0;
  for (const { id } of [...all.values()].filter(ours)) {
    for (const thread of readdirSync(`/proc/${id}/task`)) {
      const at = `/proc/${id}/task/${thread}`;
      if (!readFileSync(`${at}/comm`, "utf8").startsWith("DedicatedWorker")) continue;
      const stat = readFileSync(`${at}/stat`, "utf8").split(") ").at(-1).split(" ");
      ticks += Number(stat[11]) + Number(stat[12]);
    }
  }
  return ticks * millisecondsPerTick;
}

const native = new Native();
const server = await serveClient(native.sets);
const browser = await launch();
try {
  const { page } = await openTrainer(browser.context, server.url);
  await page.evaluate(() => window.until("ready"));
  const quiet = { log_every: 50, eval_every: 1e6, sample_every: 1e6, iterations: 1e6 };
  await page.evaluate(
    (changes) =>
      window.trainer.request({
        type: "configure",
        preset: "small",
        changes,
        source: { kind: "packed", url: "source.pxds" },
        target: { kind: "packed", url: "target.pxds" },
      }),
    { ...tiny, ...quiet },
  );
  const until = (iteration) => page.evaluate((until) => window.trainer.request({ type: "train", until }), iteration);
  let at = 20;
  await until(at);
  const measure = async () => {
    const before = workerTime();
    await until((at += iterations));
    // The end of training adds an evaluation, some samples and a snapshot, spread over all iterations.
    return (workerTime() - before) / iterations;
  };
  const all = await measure();
  await page.workers()[0].evaluate(() => {
    for (const call of ["setPipeline", "setBindGroup", "dispatchWorkgroups"])
      GPUComputePassEncoder.prototype[call] = () => {};
  });
  const own = await measure(); // encoding nothing, which trains nothing
  console.log(
    `${all.toFixed(2)} ms of CPU an iteration in the worker's thread: ${own.toFixed(2)} of Go and the player, ` +
      `${(all - own).toFixed(2)} of the browser's encoding`,
  );
} finally {
  await browser.close();
  server.close();
  native.close();
}
