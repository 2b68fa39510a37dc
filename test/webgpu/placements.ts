import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { tinyWorkspace } from '../integration/training/workspace.ts';

const ROOT = join(import.meta.dirname, '../..');

/** Where training steps put their nodes: how many sessions said so, the operations of nodes on the CPU, and copies between it and the GPU. */
export interface Placements {
  sessions: number;
  onCpu: string[];
  copies: string[];
}

/** Passes that share log-probabilities, and gradients that are added up. */
const common = { beta: 0.04, numIterations: 2, gradientAccumulationSteps: 2 };
/** What training steps differ in. */
export const STEPS = {
  'all weights': common,
  'an adapter': { ...common, lora: { r: 2 } },
  'filtered sampling': { ...common, topK: 5, topP: 0.9, minP: 0.05 },
};

/** Copies each way, prefill, decoding, log-probabilities, gradients, their sum, clipping, AdamW. */
export const SESSIONS = 8;
/** What shapes are worked out with. It takes sizes of inputs, which the host knows, so that nothing is copied for it. */
export const SHAPES = ['Concat', 'Mul'];

/** Takes two steps, and reads ONNX Runtime's log. */
export function placementsOf(config: object, type: 'float32' | 'float16'): Placements {
  const configFile = join(tinyWorkspace(config), 'run.grpo.json');
  const script = ['scripts/run.mjs', 'test/webgpu/logged-steps.ts', configFile, type];
  const options = { cwd: ROOT, encoding: 'utf8', maxBuffer: 2 ** 28 } as const;
  const { status, stderr } = spawnSync(process.execPath, script, options);
  if (status !== 0) throw new Error(stderr.slice(-2000));
  return placements(stderr);
}

function placements(log: string): Placements {
  const lines = log.split('\n').filter((line) => line.includes('VerifyEachNodeIsAssignedToAnEp'));
  const onCpu: string[] = [];
  const copies: string[] = [];
  let provider = '';
  for (const line of lines) {
    provider = /placed on \[(\w+)\]/.exec(line)?.[1] ?? provider;
    const op = / {2,}(\w+) \(/.exec(line)?.[1];
    if (op?.startsWith('Memcpy')) copies.push(op);
    else if (op && provider === 'CPUExecutionProvider') onCpu.push(op);
  }
  return { sessions: lines.filter((line) => line.endsWith('Node placements')).length, onCpu, copies };
}
