import { version_core as tfjs } from '@tensorflow/tfjs-core';
import { version } from '../../package.json';
import { env } from '../engine/onnx/runtime.ts';
import { openedVersion } from '../engine/tensorflow/open.ts';

/** Of what a run's numbers depend on. */
export const versions = (): Record<string, string> => {
  const tensorflow = openedVersion();
  return {
    'grpo-lab': version,
    node: process.versions.node,
    'onnxruntime-node': env.versions.node ?? env.versions.common,
    '@tensorflow/tfjs-core': tfjs,
    ...(tensorflow !== undefined && { tensorflow }),
  };
};
