// A static server on the loopback, Chromium, and a page with the client on it.
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { dirname, extname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { chromium } from "playwright-core";
import { Contract, lines } from "./message-lines.mjs";

export const web = dirname(dirname(fileURLToPath(import.meta.url)));
export const root = dirname(web);

const types = {
  ".html": "text/html",
  ".js": "text/javascript",
  ".wasm": "application/wasm",
  ".json": "application/json",
  ".css": "text/css",
  ".svg": "image/svg+xml",
  ".png": "image/png",
};

/** Serves web/dist, and the files given as { "/path": text } before it. */
export async function serve(extra = {}) {
  const dist = join(web, "dist");
  const server = createServer((request, response) => {
    const path = decodeURIComponent(new URL(request.url, "http://localhost").pathname);
    const head = { "content-type": types[extname(path)] ?? "application/octet-stream", "cache-control": "no-store" };
    if (path in extra) return void response.writeHead(200, head).end(extra[path]);
    const file = normalize(join(dist, path.endsWith("/") ? `${path}index.html` : path));
    if (!file.startsWith(dist) || !existsSync(file) || statSync(file).isDirectory())
      return void response.writeHead(404).end();
    response.writeHead(200, head).end(readFileSync(file));
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { url: `http://127.0.0.1:${server.address().port}`, close: () => server.close() };
}

export const browserPath = process.env.CHROMIUM ?? "/usr/bin/chromium";

/** What makes Chromium take a software driver, for WebGPU and WebGL alike; "" leaves it the choice. */
export function driverArgs(driver) {
  switch (driver) {
    case "":
      return [];
    case "swiftshader":
      return ["--use-webgpu-adapter=swiftshader", "--use-gl=angle", "--use-angle=swiftshader"];
    case "lavapipe": {
      // whose Chromium takes it for SwiftShader
      const drivers = "/usr/share/vulkan/icd.d";
      const file = existsSync(drivers) && readdirSync(drivers).find((name) => name.startsWith("lvp_icd"));
      if (!file) throw new Error(`no lavapipe in ${drivers}; install Mesa's Vulkan drivers`);
      process.env.VK_DRIVER_FILES = join(drivers, file);
      return [];
    }
    default:
      throw new Error(`no driver ${driver}: swiftshader or lavapipe, or what the browser takes by itself`);
  }
}

/**
 * Starts Chromium with a profile of its own; without `webgpu` it has no adapter.
 * Tests fail where it is missing: what does not run proves nothing.
 */
export async function launch({ webgpu = true, args = [] } = {}) {
  if (!existsSync(browserPath)) throw new Error(`no browser at ${browserPath}; run make setup-web, or set CHROMIUM`);
  const profile = mkdtempSync(join(tmpdir(), "pixelda-chromium-"));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: browserPath,
    chromiumSandbox: false,
    headless: true,
    args: [
      ...(webgpu ? ["--enable-unsafe-webgpu"] : []),
      "--headless",
      "--no-sandbox",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
      ...args,
    ],
  });
  return {
    context,
    /** The number of its GPU process, if it has one now. */
    gpuProcess() {
      const all = processes(),
        belongs = (p) => p && (p.command.includes(profile) || belongs(all.get(p.parent)));
      return [...all.values()].find((p) => p.command.includes("--type=gpu-process") && belongs(p))?.id;
    },
    async close() {
      await context.close();
      rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

/** The processes of this machine by their numbers, as Linux lists them. */
export function processes() {
  const all = new Map();
  for (const name of readdirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const id = Number(name),
        parent = Number(readFileSync(`/proc/${name}/stat`, "utf8").split(") ").at(-1).split(" ")[1]);
      all.set(id, { id, parent, command: readFileSync(`/proc/${name}/cmdline`, "utf8") });
    } catch {
      /* it has just ended */
    }
  }
  return all;
}

const blank = '<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,"><title>test</title>';

/** A server with a blank page and the client as /client.js. */
export async function serveClient(extra = {}) {
  const { outputFiles } = await build({
    entryPoints: [join(web, "src/client.ts")],
    bundle: true,
    format: "esm",
    target: "es2022",
    write: false,
  });
  return serve({ "/blank.html": blank, "/client.js": outputFiles[0].text, ...extra });
}

let contract;

/** Where messages of the worker were not what their types in web/src/protocol say, in all pages of openTrainer. */
export const strays = new Set();

/**
 * Opens the blank page with a trainer as window.trainer and its events in
 * window.events. What the console or a script complains about is kept.
 */
export async function openTrainer(context, url) {
  const page = await context.newPage();
  const complaints = [];
  page.on("console", (m) => {
    if (m.type() === "error" || m.type() === "warning") complaints.push(m.text());
  });
  page.on("pageerror", (e) => complaints.push(String(e)));
  contract ??= new Contract(lines());
  await page.exposeFunction("heard", (text) => {
    for (const stray of contract.strays("FromWorker", JSON.parse(text))) strays.add(stray);
  });
  await page.goto(`${url}/blank.html`);
  await page.evaluate(async () => {
    window.Worker = class extends Worker {
      constructor(...of) {
        super(...of);
        this.addEventListener("message", ({ data }) =>
          window.heard(JSON.stringify(data, (_, v) => (ArrayBuffer.isView(v) ? { $array: v.constructor.name } : v))),
        );
      }
    };
    const { Trainer } = await import("/client.js");
    window.events = [];
    window.trainer = new Trainer("/worker.js");
    for (const type of [
      "ready",
      "progress",
      "trained",
      "evaluated",
      "samples",
      "baseline",
      "snapshot",
      "lost",
      "recovered",
      "error",
    ]) {
      window.trainer.on(type, (event) => window.events.push(event));
    }
    window.until = (type, test = () => true) =>
      new Promise((resolve, reject) => {
        const look = () => {
          const found = window.events.find((e) => e.type === type && test(e));
          const bad = window.events.find((e) => e.type === "error" && e.fatal);
          if (found) resolve(found);
          else if (bad && type !== "error") reject(new Error(JSON.stringify(bad)));
          else setTimeout(look, 20);
        };
        look();
      });
    // Bytes cross to the test as base64.
    window.base64 = (bytes) => {
      let text = "";
      for (let i = 0; i < bytes.length; i += 0x8000) text += String.fromCharCode(...bytes.subarray(i, i + 0x8000));
      return btoa(text);
    };
    window.bytes = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
  });
  return { page, complaints };
}
