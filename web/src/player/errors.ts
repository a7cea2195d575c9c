/** What kind of trouble it is, for programs; the message is for people. */
export type ErrorCode =
  "no-webgpu" | "no-adapter" | "limit" | "memory" | "shader" | "lost" | "network" | "bundle" | "usage";

/** An error of the player: what happened, and what a person can do about it. */
export class PlayerError extends Error {
  constructor(
    readonly code: ErrorCode,
    message: string,
    readonly remedy = "",
  ) {
    super(message);
    this.name = "PlayerError";
  }
}

/** Writes a size for a person. */
export function bytesText(n: number): string {
  return n >= 2 ** 30 ? `${(n / 2 ** 30).toFixed(1)} GiB` : `${(n / 2 ** 20).toFixed(1)} MiB`;
}
