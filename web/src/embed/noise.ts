/**
 * The noise of `pixelda-wgpu adapt`: z ~ U(−1, 1), drawn by PCG-DXSM from seed and
 * image, so that the same numbers give the same pictures on the command line.
 */
const multiplier = (2549297995355413924n << 64n) | 4865540595714422341n;
const increment = (6364136223846793005n << 64n) | 1442695040888963407n;
const cheap = 0xda942042e4dd58b5n;
const low = (n: bigint): bigint => BigInt.asUintN(64, n);

/** Draws the noise of one image. */
export function drawNoise(seed: number | bigint, image: number, length: number): Float32Array<ArrayBuffer> {
  let state = (low(BigInt(seed)) << 64n) | BigInt(image);
  return Float32Array.from({ length }, () => {
    state = BigInt.asUintN(128, state * multiplier + increment);
    let high = state >> 64n;
    high = low((high ^ (high >> 32n)) * cheap);
    high = low((high ^ (high >> 48n)) * (low(state) | 1n));
    return (2 * Number(BigInt.asUintN(53, high))) / 2 ** 53 - 1;
  });
}
