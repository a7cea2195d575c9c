/** The script of gallery.html: starts the gallery's wasm, and lets Tab leave it. */
import type { FromGallery } from "./gallery-messages.js";

/** Go's glue, which the build puts before this script. */
declare class Go {
  importObject: WebAssembly.Imports;
  run(instance: WebAssembly.Instance): Promise<void>;
}

const tell = (message: FromGallery) => parent.postMessage(message, location.origin);

// Ebiten takes every key; with Tab a person would never get out again.
addEventListener("keydown", (e) => {
  if (e.key !== "Tab") return;
  e.preventDefault();
  e.stopImmediatePropagation();
  tell({ type: "leave", back: e.shiftKey });
}, { capture: true });

async function start(): Promise<void> {
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
