import { matMul, type Tensor2D, version_core } from '@tensorflow/tfjs-core';
import { env, listSupportedBackends } from 'onnxruntime-node';
import { OnnxEngine } from '../engine/onnx/engine.ts';
import { floats } from '../engine/tree.ts';

export interface Device {
  name: 'cpu' | 'webgpu' | 'cuda' | 'tensorflow';
  works: boolean;
  /** What was seen, and of a device that does not work, what to do instead. */
  detail: string;
}

export const engineVersions = (): Record<string, string> => ({
  'onnxruntime-node': env.versions.node ?? 'unknown',
  '@tensorflow/tfjs-core': version_core,
});

/** Tries what a run config's `device` can name. */
export async function examineDevices(): Promise<Device[]> {
  const bundled = listSupportedBackends().flatMap((provider) => (provider.bundled ? provider.name : []));
  const notYet = (name: Device['name'], why = ''): Device => ({
    name,
    works: false,
    detail: `not supported yet${why}: this version trains on cpu only`,
  });
  const onGpu = (name: 'webgpu' | 'cuda') =>
    notYet(name, bundled.includes(name) ? ' (onnxruntime-node has it)' : ' (onnxruntime-node has it not, either)');
  return [await tryCpu(), onGpu('webgpu'), onGpu('cuda'), notYet('tensorflow')];
}

/** Compiles a small program and runs it; an engine that gives wrong numbers does not work. */
async function tryCpu(): Promise<Device> {
  const program = new OnnxEngine().compile('check', ({ a, b }: { a: Tensor2D; b: Tensor2D }) => ({ c: matMul(a, b) }));
  try {
    const started = performance.now();
    const { c } = await program.run({ a: floats([1, 2, 3, 4], [2, 2]), b: floats([5, 6, 7, 8], [2, 2]) });
    const milliseconds = (performance.now() - started).toFixed(0);
    if (String(c.data) !== '19,22,43,50') throw new Error(`a 2 × 2 product came out as [${c.data}]`);
    return { name: 'cpu', works: true, detail: `works (a small program compiled and ran in ${milliseconds} ms)` };
  } catch (error) {
    return { name: 'cpu', works: false, detail: `does not work: ${(error as Error).message}` };
  } finally {
    await program.dispose();
  }
}
