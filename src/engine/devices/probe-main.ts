/**
 * `device-probe.js DEVICE SIZE TYPE`: multiplies two matrices of that many rows and columns, of float32 or float16, on a device, and prints a
 * `ProbeReport` as JSON. It is a separate process, because a driver may crash it.
 */
import { matMul, type Tensor2D } from '@tensorflow/tfjs-core';
import type { Engine } from '../engine.ts';
import { OnnxEngine } from '../onnx/engine.ts';
import type { Provider } from '../onnx/providers.ts';
import { openTensorflow } from '../tensorflow/open.ts';
import { floats } from '../tree.ts';
import type { ProbeReport } from './probe.ts';

const RUNS = 3;
const SLOW_MILLISECONDS = 2000;

async function probe(device: Provider | 'tensorflow', size: number, half: boolean): Promise<ProbeReport> {
  const { engine, on } = openHere(device, half);
  const product = engine.compile('probe', ({ a, b }: { a: Tensor2D; b: Tensor2D }) => ({ c: matMul(a, b) }), {
    resident: ['c'],
  });
  // Small whole numbers: every product and sum is exact in float32.
  const numbers = (seed: number) => Float32Array.from({ length: size * size }, (_, i) => ((i * seed) % 7) - 3);
  const [a, b] = [numbers(3), numbers(5)];
  const matrices = { a: floats(a, [size, size]), b: floats(b, [size, size]) };
  const inputs = await (half ? engine.toHalf(matrices) : engine.upload(matrices));
  const times: number[] = [];
  // The first run compiles the shader, which takes a fraction of a second; if it takes much longer, one run is enough.
  while (times.length <= RUNS && !(times[0]! > SLOW_MILLISECONDS)) {
    const started = performance.now();
    const onDevice = await product.run(inputs);
    // Only a download waits for the device.
    const { c } = await engine.download(onDevice);
    times.push(performance.now() - started);
    const wrong = wrongEntry(a, b, c.data as Float32Array, size);
    engine.release(onDevice);
    if (wrong) return { works: false, reason: `it computes wrong numbers (${wrong} in a product of matrices)` };
  }
  return { works: true, milliseconds: Math.min(...times), ...(on !== undefined && { on }) };
}

function openHere(device: Provider | 'tensorflow', half: boolean): { engine: Engine; on?: string } {
  if (device !== 'tensorflow') return { engine: new OnnxEngine(device, { half }) };
  const { engine, version, onGpu } = openTensorflow(process.cwd());
  return { engine, on: `TensorFlow ${version} on ${onGpu ? 'a GPU' : 'the CPU'}` };
}

function wrongEntry(a: Float32Array, b: Float32Array, c: Float32Array, size: number): string | undefined {
  for (const share of [0, 0.3, 0.7, 1]) {
    const place = Math.round(share * (size * size - 1));
    const [row, column] = [Math.floor(place / size), place % size];
    let expected = 0;
    for (let k = 0; k < size; k++) expected += a[row * size + k]! * b[k * size + column]!;
    if (c[place] !== expected) return `${c[place]} instead of ${expected}`;
  }
  return undefined;
}

const [device, size, type] = process.argv.slice(2);
const report = await probe(device as Provider | 'tensorflow', Number(size), type === 'float16').catch(
  (error: Error): ProbeReport => ({ works: false, reason: error.message }),
);
process.stdout.write(JSON.stringify(report));
