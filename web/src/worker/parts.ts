/**
 * The form in which messages cross between JavaScript and Go: JSON, with bytes
 * beside it. In a request `{"$part": i}` stands for part i; in an answer
 * `{"$bytes": i}` and `{"$floats": i}` do.
 */

/** Takes bytes and files out of a request. */
export async function detach(message: unknown): Promise<{ text: string; parts: Uint8Array[] }> {
  const parts: Uint8Array[] = [];
  const walk = async (value: unknown): Promise<unknown> => {
    if (value instanceof Blob) value = new Uint8Array(await value.arrayBuffer());
    if (value instanceof ArrayBuffer) value = new Uint8Array(value);
    if (ArrayBuffer.isView(value)) {
      parts.push(new Uint8Array(value.buffer, value.byteOffset, value.byteLength));
      return { $part: parts.length - 1 };
    }
    if (Array.isArray(value)) {
      const all: unknown[] = [];
      for (const v of value) all.push(await walk(v));
      return all;
    }
    if (value !== null && typeof value === "object") {
      const all: Record<string, unknown> = {};
      for (const [k, v] of Object.entries(value)) all[k] = await walk(v);
      return all;
    }
    return value;
  };
  return { text: JSON.stringify(await walk(message)), parts };
}

/** Puts the bytes into an answer. */
export function attach(text: string, parts: Uint8Array<ArrayBuffer>[]): unknown {
  return JSON.parse(text, (_, value: unknown) => {
    if (value !== null && typeof value === "object") {
      if ("$bytes" in value) return parts[value.$bytes as number];
      if ("$floats" in value) return new Float32Array(parts[value.$floats as number]!.buffer);
    }
    return value;
  });
}
