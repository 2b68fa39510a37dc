import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { tinyWorkspace } from '../integration/training/workspace.ts';

const ROOT = join(import.meta.dirname, '../..');

/** Where training steps put their nodes: how many sessions said so, and the operations of nodes that are on the CPU. */
export interface Placements {
  sessions: number;
  onCpu: string[];
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
/** Whole numbers that TopK gives with its values are made 32 bits wide on the CPU; nothing reads them. */
export const INTEGERS_ALONE = ['Cast'];

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
  let provider = '';
  for (const line of lines) {
    provider = /placed on \[(\w+)\]/.exec(line)?.[1] ?? provider;
    const op = / {2,}(\w+) \(/.exec(line)?.[1];
    if (op && provider === 'CPUExecutionProvider') onCpu.push(op);
  }
  return { sessions: lines.filter((line) => line.endsWith('Node placements')).length, onCpu };
}
