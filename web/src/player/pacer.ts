/** What a submission should take: long beside its overhead, short beside a frame or two. */
const aim = 30; // ms

/** Two keep a device busy; with more, a page's own drawing would queue behind them. */
const maxInFlight = 2;

/**
 * Hands work to the queue at the device's own pace. It learns from the time that
 * submissions take how much fits into one.
 */
export class Pacer {
  /** The cost that a submission may have now, in the unit of cost(). */
  budget: number;

  private readonly costs: number[] = []; // of what is in flight
  private readonly began: number[] = [];
  private before = 0; // when the last submission was done
  private waiting: (() => void)[] = [];
  private readonly batch: GPUCommandBuffer[] = [];

  constructor(
    private readonly queue: GPUQueue,
    software: boolean,
  ) {
    this.budget = software ? 1e8 : 5e9;
  }

  /** Nothing if a submission may follow now, or else a promise of that. */
  room(): Promise<void> | undefined {
    if (this.costs.length < maxInFlight) return undefined;
    return new Promise((resolve) => this.waiting.push(resolve));
  }

  submit(commands: GPUCommandBuffer, cost: number): void {
    this.batch[0] = commands;
    this.queue.submit(this.batch);
    this.costs.push(cost);
    this.began.push(performance.now());
    this.queue.onSubmittedWorkDone().then(this.done, this.done);
  }

  private readonly done = (): void => {
    const now = performance.now();
    const cost = this.costs.shift() ?? 0;
    const elapsed = now - Math.max(this.began.shift() ?? now, this.before);
    this.before = now;
    if (cost > this.budget / 4 && elapsed > 0) {
      const fitting = (aim * cost) / elapsed;
      // Slowly, since timers are coarse and other programs use the device too.
      this.budget = Math.min(1e12, Math.max(1e7, this.budget + (fitting - this.budget) / 4));
    }
    this.release();
  };

  /** Lets who waits for room go on: there is some, or the device is lost. */
  release(): void {
    if (this.waiting.length === 0) return;
    const waiting = this.waiting;
    this.waiting = [];
    for (const wake of waiting) wake();
  }
}
