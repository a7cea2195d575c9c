/**
 * Replays compute programs on WebGPU. It knows nothing of training: the worker
 * and the embeddable generator play their programs with it.
 */
export { Device, type AdapterInfo } from "./device.js";
export { PlayerError, type ErrorCode } from "./errors.js";
export type { Access, Binding, Dispatch, Module, NamedBuffer, Program } from "./program.js";
export type { Session } from "./session.js";
