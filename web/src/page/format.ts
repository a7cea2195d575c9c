const whole = new Intl.NumberFormat("en");

/** 12000 as 12,000. */
export const count = (n: number): string => whole.format(n);

/** 0.931 as 93.1 %. */
export const percent = (share: number | undefined | null): string =>
  share === undefined || share === null || !Number.isFinite(share) ? "–" : `${(100 * share).toFixed(1)} %`;

/** 23.46 as 23.5°. */
export const degrees = (angle: number): string => `${angle.toFixed(1)}°`;

/** A value with as many digits as are worth reading. */
export function significant(v: number | undefined, digits = 3): string {
  if (v === undefined || !Number.isFinite(v)) return "–";
  if (v === 0) return "0";
  const size = Math.abs(v);
  return size >= 1e6 || size < 1e-3 ? v.toExponential(digits - 1) : String(Number(v.toPrecision(digits)));
}

/** 90 as 1 min 30 s; of long times the two largest units. */
export function duration(seconds: number): string {
  if (!Number.isFinite(seconds)) return "–";
  const s = Math.max(0, Math.round(seconds));
  if (s < 60) return `${s} s`;
  if (s < 600) return `${Math.floor(s / 60)} min ${s % 60} s`;
  if (s < 3600) return `${Math.round(s / 60)} min`;
  if (s < 48 * 3600) return `${Math.floor(s / 3600)} h ${Math.round((s % 3600) / 60)} min`;
  return `${Math.round(s / 86400)} days`;
}

/** A time below a minute: 1.25 ms, 310 µs. */
export function moment(seconds: number): string {
  for (const [unit, size] of [
    ["s", 1],
    ["ms", 1e-3],
  ] as const)
    if (seconds >= size) return `${figures(seconds / size)} ${unit}`;
  return `${figures(seconds * 1e6)} µs`;
}

/** A number in units of a billion. */
export const giga = (n: number): string => figures(n / 1e9);

/** Three figures or so, with trailing zeros so that columns line up. */
function figures(n: number): string {
  if (n === 0) return "0";
  if (n < 0.9995) return n.toPrecision(n < 0.0995 ? 2 : 3);
  return n.toFixed(n >= 99.95 ? 0 : n >= 9.995 ? 1 : 2);
}

/** How long ago a moment was, in milliseconds since 1970. */
export function ago(then: number): string {
  const seconds = (Date.now() - then) / 1000;
  return seconds < 60 ? "just now" : `${duration(seconds)} ago`;
}

/** Bytes in binary units. */
export function bytes(n: number): string {
  const units = ["B", "KiB", "MiB", "GiB"];
  let i = 0;
  for (; n >= 1024 && i < units.length - 1; i++) n /= 1024;
  return `${i === 0 || n >= 100 ? Math.round(n) : n.toFixed(1)} ${units[i]}`;
}

/** Steps a second, or seconds a step where that is the larger number. */
export function rate(perSecond: number): string {
  if (!(perSecond > 0)) return "–";
  return perSecond >= 1 ? `${significant(perSecond)} steps/s` : `${significant(1 / perSecond)} s/step`;
}

/** Floating-point operations a second. */
export function flops(perSecond: number): string {
  if (!(perSecond > 0)) return "–";
  return perSecond >= 1e12 ? `${significant(perSecond / 1e12)} TFLOP/s` : `${significant(perSecond / 1e9)} GFLOP/s`;
}
