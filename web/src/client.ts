import type { ErrorEvent, Event, FromWorker, Request, Results, ToWorker } from "./protocol.js";

/** A request that the worker could not serve: its error event, as an Error. */
export class RequestError extends Error {
  constructor(readonly event: ErrorEvent) {
    super(event.what);
    this.name = "RequestError";
  }
}

/** Why a request failed, and what to do about it. */
export const advice = (e: unknown): string =>
  e instanceof RequestError ? `${e.event.what} ${e.event.remedy}` : String(e);

type Of<T extends Event["type"]> = Extract<Event, { type: T }>;

interface Waiting {
  resolve(result: unknown): void;
  reject(error: RequestError): void;
}

/** The page's end of the protocol. */
export class Trainer {
  private readonly worker: Worker;
  private readonly waiting = new Map<number, Waiting>();
  private readonly listeners = new Map<string, Set<(event: never) => void>>();
  private id = 0;

  /** `url` is that of the built worker.js; `trainer.wasm` lies beside it. */
  constructor(url: string | URL) {
    this.worker = new Worker(url, { type: "module", name: "trainer" });
    this.worker.onmessage = ({ data }: MessageEvent<FromWorker>) => this.receive(data);
    this.worker.onerror = (e) =>
      this.receive({
        type: "error",
        id: 0,
        code: "internal",
        what: e.message || "The trainer did not load.",
        where: e.filename ?? "",
        remedy: "Reload the page.",
        fatal: true,
      });
  }

  /** Asks the worker; rejects with a RequestError. */
  request<T extends Request["type"]>(
    request: Extract<Request, { type: T }>,
    transfer: Transferable[] = [],
  ): Promise<Results[T]> {
    const id = ++this.id;
    return new Promise((resolve, reject) => {
      this.waiting.set(id, { resolve: resolve as (result: unknown) => void, reject });
      this.worker.postMessage({ ...request, id } as ToWorker, transfer);
    });
  }

  /** Hears events of one type; returns what ends that. */
  on<T extends Event["type"]>(type: T, listener: (event: Of<T>) => void): () => void {
    const all = this.listeners.get(type) ?? new Set();
    this.listeners.set(type, all);
    all.add(listener as (event: never) => void);
    return () => all.delete(listener as (event: never) => void);
  }

  /** Ends the worker at once; what it had not kept is lost. */
  close(): void {
    this.worker.terminate();
  }

  private receive(message: FromWorker): void {
    if (message.type === "reply") {
      this.waiting.get(message.id)?.resolve(message.result);
      this.waiting.delete(message.id);
      return;
    }
    if (message.type === "error" && this.waiting.has(message.id)) {
      this.waiting.get(message.id)?.reject(new RequestError(message));
      this.waiting.delete(message.id);
      return;
    }
    for (const listener of this.listeners.get(message.type) ?? []) listener(message as never);
  }
}
