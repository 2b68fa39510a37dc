/** Where the nodes of a training step run, as ONNX Runtime logs it. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { tinyWorkspace } from '../integration/training/workspace.ts';

const ROOT = join(import.meta.dirname, '../..');
/** Whole numbers that TopK gives with its values are made 32 bits wide on the CPU; nothing reads them. */
const INTEGERS_ALONE = ['Cast'];

/** Passes that share log-probabilities, and gradients that are added up. */
const common = { beta: 0.04, numIterations: 2, gradientAccumulationSteps: 2 };
const configs = {
  'all weights': common,
  'an adapter': { ...common, lora: { r: 2 } },
  'filtered sampling': { ...common, topK: 5, topP: 0.9, minP: 0.05 },
};

describe.each(Object.entries(configs))('a training step with %s', (_, config) => {
  test('runs on the GPU alone', () => {
    const configFile = join(tinyWorkspace(config), 'run.grpo.json');
    const script = ['scripts/run.mjs', 'test/webgpu/logged-steps.ts', configFile];
    const { status, stderr } = spawnSync(process.execPath, script, {
      cwd: ROOT,
      encoding: 'utf8',
      maxBuffer: 2 ** 28,
    });
    expect(status, stderr.slice(-2000)).toBe(0);
    const { sessions, onCpu } = placements(stderr);
    // Copies each way, prefill, decoding, log-probabilities, gradients, their sum, clipping, AdamW.
    expect(sessions).toBeGreaterThanOrEqual(8);
    expect(onCpu.filter((op) => !INTEGERS_ALONE.includes(op))).toEqual([]);
  });
});

/** How many sessions said where their nodes go, and the operations of nodes that are on the CPU. */
function placements(log: string): { sessions: number; onCpu: string[] } {
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
