/** The page's script. `worker.js` with the trainer, and the gallery, lie beside it. */
import { App } from "./app.js";
import { Notices } from "./notices.js";

if (location.protocol === "file:") {
  new Notices().show(
    "file",
    "error",
    "This page cannot work from a file.",
    "Browsers let only pages from a server run workers and use the GPU. Run “pixelda-wgpu serve”, or put the folder " +
      "on any web host.",
    [],
    false,
  );
} else {
  new App(new URL("worker.js", document.baseURI));
}
