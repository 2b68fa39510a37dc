import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import util from 'node:util';
import { env, findBackend, getBackend, setBackend, version_core } from '@tensorflow/tfjs-core';
import { BadInput, type SourceLocation } from '../../protocol/errors.ts';
import { TENSORFLOW_VARIABLE } from '../../protocol/set-up-places.ts';
import { BACKEND_NAME, TensorflowEngine } from './engine.ts';
import { locateTfjsNode } from './locate.ts';

const HOW_TO_SET_UP = 'run "GRPO: Set Up TensorFlow Engine" in the editor, or `grpo setup-tensorflow`';

/** What tfjs-node computes with. */
export interface Tensorflow {
  engine: TensorflowEngine;
  /** TensorFlow's own version. */
  version: string;
  /** Whether it found a GPU that it can use. */
  onGpu: boolean;
}

/** The part of tfjs-node's backend that describes TensorFlow. */
interface NodeBackend {
  binding: { TF_Version: string };
  isUsingGpuDevice: boolean;
}

/**
 * Loads the tfjs-node that `locateTfjsNode` finds from `folder`. It has its own tfjs-core, but tfjs-core keeps backends, kernels and gradients
 * in globals, so its backend runs our programs. Throws BadInput at `at` when it is missing or has another version.
 */
export function openTensorflow(folder: string, at?: SourceLocation): Tensorflow {
  const found = locateTfjsNode(folder);
  if (found === undefined) {
    const path = process.env[TENSORFLOW_VARIABLE];
    const where = path ? `in ${path}, which grpo.tensorflowPath or ${TENSORFLOW_VARIABLE} names` : 'on this machine';
    throw new BadInput(`There is no tfjs-node ${where}, and device "tensorflow" needs it; ${HOW_TO_SET_UP}.`, at);
  }
  const { version } = JSON.parse(readFileSync(join(found, 'package.json'), 'utf8')) as { version: string };
  if (version !== version_core) {
    const message = `The tfjs-node in ${found} is ${version}, but this version of GRPO Lab needs ${version_core}; ${HOW_TO_SET_UP}.`;
    throw new BadInput(message, at);
  }
  try {
    load(found);
  } catch (error) {
    const [reason] = (error as Error).message.split('\n');
    throw new BadInput(`The tfjs-node in ${found} cannot be loaded (${reason}); ${HOW_TO_SET_UP}.`, at);
  }
  const { binding, isUsingGpuDevice } = loaded()!;
  return { engine: new TensorflowEngine(), version: binding.TF_Version, onGpu: isUsingGpuDevice };
}

const loaded = (): NodeBackend | null => findBackend(BACKEND_NAME) as unknown as NodeBackend | null;

/** TensorFlow's version, in a process that has opened it. */
export const openedVersion = (): string | undefined => loaded()?.binding.TF_Version;

/** Registers tfjs-node's backend, once. */
function load(folder: string): void {
  // It calls these two, which newer versions of Node.js deprecate or lack.
  const isNullOrUndefined = (value: unknown): boolean => value === null || value === undefined;
  Object.assign(util, { isNullOrUndefined, isArray: Array.isArray });
  // TensorFlow logs details of the machine, and tfjs-core that it is loaded twice; TensorFlow's warnings stay on.
  process.env.TF_CPP_MIN_LOG_LEVEL ??= '1';
  const quiet = env().getBool('PROD');
  env().set('PROD', true);
  // It makes its own backend the current one.
  const previous = getBackend();
  try {
    createRequire(import.meta.url)(folder);
  } finally {
    env().set('PROD', quiet);
    if (previous) setBackend(previous);
  }
  if (!loaded()) throw new Error('it has registered no backend with our TensorFlow.js');
}
