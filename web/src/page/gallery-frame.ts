/** The script of gallery.html: starts the gallery's wasm, carries its messages, and lets Tab leave it. */
import { attach, detach } from "../worker/parts.js";
import type { FromGallery, ToGallery } from "./gallery-messages.js";

/** What Go uses of this script. */
interface Host {
  /** Set by Go: takes a message of the page. */
  receive?: (text: string, parts: Uint8Array[]) => void;
  post(text: string, parts: Uint8Array<ArrayBuffer>[]): void;
}

/** Go's glue, which the build puts before this script. */
declare class Go {
  importObject: WebAssembly.Imports;
  run(instance: WebAssembly.Instance): Promise<void>;
}

declare const self: Window & { pixeldaFrame: Host };

const tell = (message: FromGallery, transfer: Transferable[] = []) =>
  parent.postMessage(message, location.origin, transfer);

const host: Host = {
  post: (text, parts) =>
    tell(
      attach(text, parts) as FromGallery,
      parts.map((p) => p.buffer),
    ),
};

let carried = Promise.resolve(); // messages reach Go in the order in which they came
addEventListener("message", ({ data, source }: MessageEvent<ToGallery>) => {
  // Only the page that holds the frame may tell it what to show.
  if (source !== parent) return;
  carried = carried.then(async () => {
    const { text, parts } = await detach(data);
    host.receive?.(text, parts);
  });
});

// Ebiten takes every key; with Tab a person would never get out again.
addEventListener(
  "keydown",
  (e) => {
    if (e.key !== "Tab") return;
    e.preventDefault();
    e.stopImmediatePropagation();
    tell({ type: "leave", back: e.shiftKey });
  },
  { capture: true },
);

async function start(): Promise<void> {
  self.pixeldaFrame = host;
  const go = new Go();
  const response = await fetch("gallery.wasm");
  if (!response.ok) throw new Error(`gallery.wasm: ${response.status} ${response.statusText}`);
  // Some hosts serve wasm with another type, which streaming refuses.
  const { instance } = response.headers.get("Content-Type")?.startsWith("application/wasm")
    ? await WebAssembly.instantiateStreaming(response, go.importObject)
    : await WebAssembly.instantiate(await response.arrayBuffer(), go.importObject);
  await go.run(instance);
  throw new Error("the gallery has ended");
}

start().catch((e: unknown) => tell({ type: "failed", why: e instanceof Error ? e.message : String(e) }));
