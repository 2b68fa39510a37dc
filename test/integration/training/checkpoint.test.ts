/** Other programs open our checkpoints: transformers makes of them what we do. */
import { execFileSync, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { REFERENCES, referenceModel, runGrpo, tinyWorkspace, trainHere } from './workspace.ts';

/** Set GRPO_TEST_PYTHON to an interpreter that has what test/references/requirements.txt says. */
const python = process.env.GRPO_TEST_PYTHON ?? 'python3';
const hasTransformers = spawnSync(python, ['-c', 'import transformers, torch']).status === 0;
if (!hasTransformers) {
  console.log(`Skipped: ${python} has no transformers, so no checkpoint was opened with it (set GRPO_TEST_PYTHON).`);
}

const rows = [
  { prompt_ids: [20, 21, 5, 9], completion_ids: [7, 100, 31, 2] },
  { prompt_ids: [77], completion_ids: [8, 9, 10, 11, 12, 13] },
];

describe.skipIf(!hasTransformers)('a checkpoint opens in transformers, with the log-probabilities that we get', () => {
  test.for([
    ['llama-head-dim-bf16', 'float32'],
    ['llama-sharded', 'bfloat16'],
    ['qwen2-f16', 'float16'],
    ['qwen3', 'float32'],
    ['llama.gguf', 'bfloat16'],
    ['llama3.gguf', 'float32'],
    ['qwen2.gguf', 'float32'],
  ])('%s, saved as %s', { timeout: 120_000 }, async ([model, checkpointDtype]) => {
    const folder = tinyWorkspace(
      { model: referenceModel(model!), checkpointDtype, maxSteps: 2, learningRate: 1e-2 },
      { 'rows.jsonl': rows },
    );
    const { result } = await trainHere(join(folder, 'run.grpo.json'));
    const file = join(folder, 'rows.jsonl');
    const script = join(REFERENCES, 'open_checkpoint.py');
    const theirs = execFileSync(python, [script, result.checkpoint!, file], { encoding: 'utf8' });
    const { stdout: ours } = await runGrpo('logprobs', result.checkpoint!, file, '--json');
    const { stdout: before } = await runGrpo('logprobs', referenceModel(model!), file, '--json');
    expect(distance(ours, theirs)).toBeLessThan(1e-4);
    // And it is not the model that we started from.
    expect(distance(before, theirs)).toBeGreaterThan(1e-2);
  });
});

function distance(a: string, b: string): number {
  const numbers = (text: string) =>
    text
      .trimEnd()
      .split('\n')
      .flatMap((line) => (JSON.parse(line) as { logprobs: number[] }).logprobs);
  const other = numbers(b);
  expect(numbers(a)).toHaveLength(other.length);
  return Math.max(...numbers(a).map((value, index) => Math.abs(value - other[index]!)));
}
