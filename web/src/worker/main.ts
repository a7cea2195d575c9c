/**
 * The training worker: it loads the Go core, gives it the GPU player and the
 * page's private files, and carries messages. What they mean is Go's business.
 */
import { Device } from "../player/device.js";
import { profile } from "../player/profile.js";
import type { ErrorEvent, FromWorker, ToWorker } from "../protocol.js";
import { draw, type Drawn, drawer, type Order, type Share } from "./draw.js";
import { attach, detach } from "./parts.js";
import { Store } from "./store.js";

interface Host {
  /** Draws generated images in other workers. */
  draw(name: string, seed: string, from: number, count: number): Promise<Drawn[]>;
  /** Set by Go: takes a request. */
  receive?: (text: string, parts: Uint8Array[]) => void;
  post(text: string, parts: Uint8Array<ArrayBuffer>[]): void;
  fetch(url: string): Promise<Uint8Array>;
  store: Store;
}

/** Go's host in a worker that draws. */
interface DrawingHost {
  share: Share;
  drawn(pixels: Drawn): void;
}

declare const self: DedicatedWorkerGlobalScope & { pixeldaPlayer: unknown; pixeldaHost: Host | DrawingHost };

/** Go's own glue, wasm_exec.js, defines it. */
declare class Go {
  importObject: WebAssembly.Imports;
  run(instance: WebAssembly.Instance): Promise<void>;
}

function post(message: FromWorker, transfer: Transferable[] = []): void {
  self.postMessage(message, transfer);
}

function fail(code: ErrorEvent["code"], what: string, remedy: string, fatal: boolean): void {
  post({ type: "error", id: 0, code, what, where: "", remedy, fatal });
}

let program: WebAssembly.Module;

const host: Host = {
  draw: (name, seed, from, count) => draw(program, { name, seed, from, count }),
  post(text, parts) {
    post(
      attach(text, parts) as FromWorker,
      parts.map((p) => p.buffer),
    );
  },
  async fetch(url) {
    const response = await fetch(new URL(url, self.location.href));
    if (!response.ok) throw new Error(`the server answers ${response.status}`);
    return new Uint8Array(await response.arrayBuffer());
  },
  store: new Store(),
};

// Requests may come before Go listens; they are carried over in order.
let carried = Promise.resolve();
let listening!: () => void;
const listens = new Promise<void>((resolve) => (listening = resolve));

function receive({ data }: MessageEvent<ToWorker>): void {
  const ready = detach(data);
  ready.catch(() => undefined); // told below
  carried = carried.then(async () => {
    await listens;
    try {
      const { text, parts } = await ready;
      host.receive!(text, parts);
    } catch (error) {
      post({
        type: "error",
        id: data.id,
        code: "data",
        what: `A file could not be read: ${(error as Error).message}`,
        where: "",
        remedy: "Choose it again.",
        fatal: false,
      });
    }
  });
}

/** Two pages would write to the same snapshot: the second waits for the first. */
async function alone(): Promise<void> {
  const forever = new Promise<void>(() => undefined);
  await new Promise<void>((granted) => {
    const hold = (): Promise<void> => {
      granted();
      return forever;
    };
    void navigator.locks.request("pixelda-wgpu", { ifAvailable: true }, (lock) => {
      if (lock) return hold();
      fail(
        "second-tab",
        "Another tab of this page is open.",
        "Go on there, or close it: this one then starts by itself.",
        false,
      );
      void navigator.locks.request("pixelda-wgpu", hold);
      return undefined;
    });
  });
}

/** Fetches the core, telling how much of it has arrived. */
async function load(url: URL): Promise<Uint8Array<ArrayBuffer>> {
  const response = await fetch(url);
  if (!response.ok || !response.body) throw new Error(`${url.pathname}: the server answers ${response.status}`);
  // With compression the length is that of the compressed file: then none is told.
  const total = response.headers.has("content-encoding") ? 0 : Number(response.headers.get("content-length") ?? 0);
  const chunks: Uint8Array[] = [];
  let done = 0;
  for (const reader = response.body.getReader(); ;) {
    const { value, done: end } = await reader.read();
    if (end) break;
    chunks.push(value);
    done += value.length;
    post({ type: "progress", stage: "loading", what: "the program", done, total });
  }
  const all = new Uint8Array(done);
  let at = 0;
  for (const chunk of chunks) {
    all.set(chunk, at);
    at += chunk.length;
  }
  return all;
}

async function start(): Promise<void> {
  await alone();
  const bytes = await load(new URL("trainer.wasm", self.location.href));
  self.pixeldaPlayer = { open: () => Device.open(), profile };
  self.pixeldaHost = host;
  const go = new Go();
  program = await WebAssembly.compile(bytes);
  // Up to where it waits, so it listens now.
  const ended = go.run(await WebAssembly.instantiate(program, go.importObject));
  listening();
  await ended;
  // It ends by itself only where it could not open the device, and has told so.
}

/** Draws a share of a generated set, instead of training. */
function drawOnly(): void {
  self.onmessage = async ({ data: { program, share } }: MessageEvent<Order>) => {
    self.pixeldaHost = { share, drawn: (pixels) => self.postMessage(pixels, [pixels.buffer]) };
    const go = new Go();
    await go.run(await WebAssembly.instantiate(program, go.importObject));
  };
}

function train(): void {
  self.onmessage = receive;
  start().catch((error: unknown) => {
    const memory = error instanceof RangeError || /memory/i.test(String(error));
    fail(
      memory ? "memory" : "internal",
      `The trainer did not start: ${(error as Error).message ?? error}`,
      memory ? "Close other tabs and reload." : "Reload the page.",
      true,
    );
  });
}

if (self.name === drawer) drawOnly();
else train();
