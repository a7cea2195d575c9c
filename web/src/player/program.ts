/**
 * A straight line of compute dispatches over named buffers: the JSON of the Go
 * core's gpu.Program. Training steps and exported generators are such programs.
 */
export interface Program {
  name: string;
  modules: Module[];
  buffers: NamedBuffer[];
  dispatches: Dispatch[];
}

/** A WGSL compute shader with the entry point "main". */
export interface Module {
  label: string;
  code: string;
}

/** Device memory known by its name; programs loaded together share it. */
export interface NamedBuffer {
  name: string;
  size: number;
}

export type Access = "read" | "read_write" | "uniform";

/** Bytes [offset, offset+size) of buffer number `buffer`, at @group(0) @binding(index). */
export interface Binding {
  index: number;
  buffer: number;
  offset: number;
  size: number;
  access: Access;
}

export interface Dispatch {
  label: string;
  module: number;
  bindings: Binding[];
  workgroups: [number, number, number];
  flops?: number;
  bytes?: number;
}

/** How many FLOPs take the time of moving one byte, roughly. */
const bytesWeight = 4;

/** The cost of a dispatch, by which programs are cut into submissions. */
export function cost(d: Dispatch): number {
  return (d.flops ?? 0) + bytesWeight * (d.bytes ?? 0);
}
