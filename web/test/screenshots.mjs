// Takes the page's pictures, to look at: at three widths, dark and light, before
// and after training, and of the dialog that tells the GPU's speed.
// `node test/screenshots.mjs FOLDER [LINK]`, after `make web`; LINK is what
// follows # in the page's address, and says what is trained:
// `node test/screenshots.mjs /tmp/shots "preset=small&iterations=100"`.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { launch, serve } from "./harness.mjs";

const [folder, link = "preset=small&iterations=60&eval_every=20&sample_every=20&log_every=2"] = process.argv.slice(2);
if (!folder) {
  console.error("usage: node test/screenshots.mjs FOLDER [LINK]");
  process.exit(2);
}
mkdirSync(folder, { recursive: true });

const server = await serve();
const browser = await launch();
try {
  const page = await browser.context.newPage();
  page.on("pageerror", (e) => console.error(String(e)));
  const patient = { timeout: 0 };
  const phase = (name) => page.waitForFunction((name) => document.body.dataset.phase === name, name, patient);
  const take = async (name) => {
    for (const width of [1440, 800, 360]) {
      for (const colorScheme of ["light", "dark"]) {
        await page.emulateMedia({ colorScheme });
        await page.setViewportSize({ width, height: 900 });
        await page.waitForTimeout(1500); // charts and gallery follow
        await page.screenshot({
          path: join(folder, `${name}-${width}-${colorScheme}.png`),
          fullPage: true,
          ...patient,
        });
      }
    }
  };
  await page.setViewportSize({ width: 1440, height: 900 });
  const opened = Date.now();
  const since = () => `${((Date.now() - opened) / 1000).toFixed(1)} s after opening`;
  await page.goto(`${server.url}/index.html#${link}`);
  await phase("ready");
  console.log(`ready ${since()}`);
  await take("ready");
  const train = Date.now();
  await page.click("#train");
  await page.waitForFunction(() => !/^0 of|\s0 of/.test(document.getElementById("figures").innerText), null, patient);
  console.log(`first step ${((Date.now() - train) / 1000).toFixed(1)} s after Train`);
  await page.waitForFunction(() => /Finished/.test(document.getElementById("status").textContent), null, patient);
  console.log(`finished ${since()}`);
  await page.waitForTimeout(3000);
  await take("trained");
  await page.click("#bench");
  await page.waitForSelector("#bench-save:visible", patient);
  await take("bench");
} finally {
  await browser.close();
  server.close();
}
