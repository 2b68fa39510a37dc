/**
 * Vitest's setup: a graph that stays while a file is tested. ONNX Runtime gives up a GPU with its last graph, and with it every shader that it
 * has compiled, which takes a software driver longer than all that is computed.
 */
import { neg, type Tensor } from '@tensorflow/tfjs-core';
import { afterAll, beforeAll } from 'vitest';
import { OnnxEngine } from '../../src/engine/onnx/engine.ts';
import { floats } from '../../src/engine/tree.ts';

const kept = new OnnxEngine('webgpu').compile('kept', ({ x }: { x: Tensor }) => ({ y: neg(x) }));
beforeAll(async () => void (await kept.run({ x: floats([1]) })));
afterAll(() => kept.dispose());
