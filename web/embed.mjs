// Builds the embeddable package into web/dist/embed, and its demo pages into
// web/dist/demo. It needs no Go.
import { execFileSync } from "node:child_process";
import { cpSync, readFileSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";

const web = dirname(fileURLToPath(import.meta.url));
const budget = 10_000; // bytes, compressed: what a page pays before its weights

export async function buildEmbed(dist = join(web, "dist")) {
  const embed = join(dist, "embed");
  for (const folder of [embed, join(dist, "demo")]) rmSync(folder, { recursive: true, force: true });
  const file = join(embed, "pixelda.js");
  await build({
    bundle: true,
    format: "esm",
    target: "es2022",
    minify: true,
    legalComments: "none",
    logLevel: "warning",
    entryPoints: [join(web, "src/embed/index.ts")],
    outfile: file,
    banner: { js: "/* pixelda-wgpu, Apache-2.0 */" },
  });
  execFileSync(
    process.execPath,
    [join(web, "node_modules/typescript/bin/tsc"), "-p", join(web, "src/embed"), "--outDir", join(embed, "types")],
    { stdio: "inherit" },
  );
  cpSync(join(dirname(web), "LICENSE"), join(embed, "LICENSE"));
  cpSync(join(web, "demo"), join(dist, "demo"), { recursive: true });
  const size = gzipSync(readFileSync(file), { level: 9 }).length;
  if (size > budget) throw new Error(`pixelda.js takes ${size} bytes compressed, more than ${budget}`);
  return { file, size };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { file, size } = await buildEmbed();
  console.log(`${file}: ${size} bytes compressed`);
}
