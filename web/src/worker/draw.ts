/** Images [from, from + count) of a generated set, for one worker to draw. */
export interface Share {
  name: string;
  seed: string;
  from: number;
  count: number;
}

/** What it drew: pixels. */
export type Drawn = Uint8Array<ArrayBuffer>;

/** What such a worker is told at the start. */
export interface Order {
  program: WebAssembly.Module;
  share: Share;
}

/** The name of workers that draw. */
export const drawer = "drawer";

/** Has workers draw an even share each, with copies of the program. */
export function draw(program: WebAssembly.Module, all: Share): Promise<Drawn[]> {
  const workers = Math.max(1, Math.min(navigator.hardwareConcurrency, 8, Math.ceil(all.count / 500)));
  return Promise.all(
    Array.from({ length: workers }, (_, i) => {
      const begin = Math.floor((all.count * i) / workers),
        end = Math.floor((all.count * (i + 1)) / workers);
      return drawShare({ program, share: { ...all, from: all.from + begin, count: end - begin } });
    }),
  );
}

function drawShare(order: Order): Promise<Drawn> {
  const worker = new Worker(self.location.href, { type: "module", name: drawer });
  return new Promise<Drawn>((resolve, reject) => {
    worker.onmessage = ({ data }: MessageEvent<Drawn>) => resolve(data);
    worker.onerror = (e) => reject(new Error(e.message || "a worker that draws images did not start"));
    worker.postMessage(order);
  }).finally(() => worker.terminate());
}
