/** WebGPU's flags; TypeScript's library declares their types but not their values. */
export const MapMode = { READ: 0x1 };
export const ShaderStage = { COMPUTE: 0x4 };
export const BufferUsage = { MAP_READ: 0x1, COPY_SRC: 0x4, COPY_DST: 0x8, UNIFORM: 0x40, STORAGE: 0x80 };
