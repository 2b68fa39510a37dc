/**
 * `device-probe.js DEVICE SIZE`: multiplies two matrices of that many rows and columns on a device, and prints a `ProbeReport` as JSON. A
 * process of its own, because a driver may end it.
 */
import { matMul, type Tensor2D } from '@tensorflow/tfjs-core';
import type { Engine } from '../engine.ts';
import { OnnxEngine } from '../onnx/engine.ts';
import type { Provider } from '../onnx/providers.ts';
import { openTensorflow } from '../tensorflow/open.ts';
import { floats } from '../tree.ts';
import type { ProbeReport, WorkingProbe } from './probe.ts';

const RUNS = 3;
const SLOW_MILLISECONDS = 2000;

/** Float16 adds these numbers up without rounding. */
const HALF_SIZE = 64;

async function probe(device: Provider | 'tensorflow', size: number): Promise<ProbeReport> {
  const { engine, on } = openHere(device);
  const times: number[] = [];
  // The first run compiles the shader, which takes a fraction of a second: where it takes longer, it has told enough.
  for await (const { milliseconds, wrong } of products(engine, size)) {
    if (wrong) return { works: false, reason: wrong };
    times.push(milliseconds);
    if (milliseconds > SLOW_MILLISECONDS) break;
  }
  const float16 = device === 'webgpu' ? await probeHalf(device) : undefined;
  return {
    works: true,
    milliseconds: Math.min(...times),
    ...(on !== undefined && { on }),
    ...(float16 && { float16 }),
  };
}

async function probeHalf(device: Provider): Promise<WorkingProbe['float16']> {
  try {
    for await (const { wrong } of products(new OnnxEngine(device, { half: true }), HALF_SIZE))
      return wrong ? { works: false, reason: `${wrong} in float16` } : { works: true };
  } catch (error) {
    const { message } = error as Error;
    // Dawn: "requires f16 but the device does not support it".
    return {
      works: false,
      reason: /\bf16\b/.test(message) ? 'the GPU, or its driver, has none' : message.split('\n')[0]!,
    };
  }
}

/** Multiplies two matrices some times. */
async function* products(engine: Engine, size: number): AsyncGenerator<{ milliseconds: number; wrong?: string }> {
  const product = engine.compile('probe', ({ a, b }: { a: Tensor2D; b: Tensor2D }) => ({ c: matMul(a, b) }), {
    resident: ['c'],
  });
  // Small whole numbers: every product and sum is exact in float32.
  const numbers = (seed: number) => Float32Array.from({ length: size * size }, (_, i) => ((i * seed) % 7) - 3);
  const [a, b] = [numbers(3), numbers(5)];
  const matrices = { a: floats(a, [size, size]), b: floats(b, [size, size]) };
  const inputs = engine.half ? await engine.toHalf(matrices) : await engine.upload(matrices);
  for (let run = 0; run <= RUNS; run++) {
    const started = performance.now();
    const onDevice = await product.run(inputs);
    // Only a download waits for the device.
    const { c } = await engine.download(onDevice);
    const milliseconds = performance.now() - started;
    engine.release(onDevice);
    const entry = wrongEntry(a, b, c.data as Float32Array, size);
    yield { milliseconds, ...(entry && { wrong: `it computes wrong numbers (${entry} in a product of matrices)` }) };
  }
}

function openHere(device: Provider | 'tensorflow'): { engine: Engine; on?: string } {
  if (device !== 'tensorflow') return { engine: new OnnxEngine(device) };
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

const report = await probe(process.argv[2] as Provider | 'tensorflow', Number(process.argv[3])).catch(
  (error: Error): ProbeReport => ({ works: false, reason: error.message }),
);
process.stdout.write(JSON.stringify(report));
