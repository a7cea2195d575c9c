// Builds everything of the page into web/dist. `node build.mjs` needs Go besides.
import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { buildEmbed } from "./embed.mjs";

const web = dirname(fileURLToPath(import.meta.url));
const root = dirname(web);
const dist = join(web, "dist");

const go = (...args) =>
  execFileSync("go", args, { cwd: root, encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] }).trim();

/** Compiles a command under wasm/ for the browser. */
function wasm(command) {
  execFileSync(
    "go",
    ["build", "-trimpath", "-ldflags=-s -w", "-o", join(dist, `${command}.wasm`), `./wasm/${command}`],
    {
      cwd: root,
      stdio: "inherit",
      env: { ...process.env, GOOS: "js", GOARCH: "wasm" },
    },
  );
}

rmSync(dist, { recursive: true, force: true });
mkdirSync(dist, { recursive: true });

wasm("trainer");
wasm("gallery");

const common = {
  bundle: true,
  format: "esm",
  target: "es2022",
  minify: true,
  sourcemap: false,
  legalComments: "none",
  logLevel: "warning",
};
await build({ ...common, entryPoints: { page: join(web, "src/page/main.ts") }, outdir: dist });
await build({ ...common, entryPoints: { page: join(web, "page/page.css") }, outdir: dist });
for (const file of ["index.html", "gallery.html", "icon.svg"]) cpSync(join(web, "page", file), join(dist, file));
await build({
  ...common,
  entryPoints: { worker: join(web, "src/worker/main.ts"), gallery: join(web, "src/page/gallery-frame.ts") },
  outdir: dist,
  // Go's glue belongs to the compiler that built the program.
  inject: [join(go("env", "GOROOT"), "lib/wasm/wasm_exec.js")],
});

cpSync(join(root, "testdata/traces"), join(dist, "traces"), {
  recursive: true,
  filter: (path) => !/\.(go|gitignore)$/.test(path),
});

await buildEmbed(dist);

for (const file of readdirSync(dist, { recursive: true }))
  if (existsSync(join(dist, file))) console.log(join("web/dist", file));
