/** Models of each architecture on WebGPU, through the command, against transformers. */
import { describe, expect, it } from 'vitest';
import { grpo, jsonLines, jsonlFile, modelNames, referenceModel } from '../integration/cli/run-grpo.ts';

const TOKENS = 16;

/** The lines of a command's output; drivers may print on stderr. */
async function onGpu<Row>(...args: string[]): Promise<Row[]> {
  const { status, stdout, stderr } = await grpo([...args, '--device', 'webgpu', '--json']);
  expect(status, stderr).toBe(0);
  return jsonLines(stdout);
}

describe.each(modelNames)('%s', (name) => {
  const { folder, expected } = referenceModel(name);

  it('gives the log-probabilities that transformers gives', async () => {
    const rows = expected.logprobs.map(({ prompt_ids, completion_ids }) => ({ prompt_ids, completion_ids }));
    const scored = await onGpu<{ logprobs: number[] }>('logprobs', folder, jsonlFile(rows));
    for (const [index, { logprobs }] of scored.entries()) {
      const wanted = expected.logprobs[index]!.logprobs;
      const worst = Math.max(...wanted.map((logProb, token) => Math.abs(logprobs[token]! - logProb)));
      expect(worst).toBeLessThan(1e-3);
      expect(logprobs).toHaveLength(wanted.length);
    }
  });

  it('generates the tokens that transformers generates', async () => {
    const prompts = jsonlFile(expected.greedy.map(({ prompt_ids }) => ({ prompt_ids })));
    const args = ['--prompts', prompts, '--greedy', '--max-tokens', String(TOKENS)];
    const rows = await onGpu<{ completion_ids: number[] }>('generate', folder, ...args);
    const wanted = expected.greedy.map(({ completion_ids }) => completion_ids.slice(0, TOKENS));
    expect(rows.map(({ completion_ids }) => completion_ids)).toEqual(wanted);
  });
});
