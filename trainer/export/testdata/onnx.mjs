// Runs a model on ONNX Runtime:
// node onnx.mjs MODEL OUT [NAME DIMS FILE]..., where DIMS are as in 2,3,32,32 and
// files hold little-endian float32. It writes the output `adapted`.
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const web = createRequire(new URL('../../../web/package.json', import.meta.url));
const { InferenceSession, Tensor } = web('onnxruntime-node');
const [model, out, ...inputs] = process.argv.slice(2);
const session = await InferenceSession.create(model, { executionProviders: ['cpu'], intraOpNumThreads: 1 });
const feeds = {};
for (let i = 0; i < inputs.length; i += 3) {
  const bytes = new Uint8Array(readFileSync(inputs[i + 2]));
  feeds[inputs[i]] = new Tensor('float32', new Float32Array(bytes.buffer), inputs[i + 1].split(',').map(Number));
}
if (session.inputNames.join() !== Object.keys(feeds).join()) {
  throw new Error(`the model's inputs are ${session.inputNames}`);
}
const { adapted } = await session.run(feeds);
writeFileSync(out, new Uint8Array(adapted.data.buffer, adapted.data.byteOffset, adapted.data.byteLength));
