import { describe, expect, it } from 'vitest';
import { grpo, grpoJson, jsonlFile, modelNames, referenceModel } from './run-grpo.ts';

interface Row {
  prompt: unknown;
  completion: string;
  completion_ids: number[];
  logprobs: number[];
}

const generate = (folder: string, ...args: string[]) => grpoJson<Row>('generate', folder, ...args);

/** transformers was asked for this many. */
const GREEDY_TOKENS = '48';

describe.each(modelNames)('generate --greedy with %s', (name) => {
  const { folder, expected } = referenceModel(name);
  const greedy = ['--greedy', '--max-tokens', GREEDY_TOKENS];

  it('gives the tokens that transformers gives', async () => {
    const texts = expected.greedy.map(({ prompt }) => ({ prompt }));
    const ids = expected.greedy.map(({ prompt_ids }) => ({ prompt_ids }));
    // Twice the four prompts, of different lengths, in one batch.
    const rows = await generate(folder, '--prompts', jsonlFile([...texts, ...ids]), ...greedy);
    const wanted = expected.greedy.map(({ completion_ids }) => completion_ids);
    expect(rows.map(({ completion_ids }) => completion_ids)).toEqual([...wanted, ...wanted]);
    expect(rows.slice(0, texts.length).map(({ prompt }) => prompt)).toEqual(texts.map(({ prompt }) => prompt));
    const ended = wanted.filter((tokens) => expected.eos_token_ids.includes(tokens.at(-1)!));
    expect(ended.length, 'some completions end before the limit').toBeGreaterThan(0);
  });

  it('gives log-probabilities that `grpo logprobs` agrees with', async () => {
    const rows = await generate(
      folder,
      '--prompts',
      jsonlFile(expected.greedy.map(({ prompt }) => ({ prompt }))),
      ...greedy,
    );
    const again = rows.map(({ prompt, completion_ids }) => ({ prompt, completion_ids }));
    const scored = await grpoJson<{ logprobs: number[] }>('logprobs', folder, jsonlFile(again));
    for (const [index, { logprobs }] of scored.entries()) expectClose(rows[index]!.logprobs, logprobs);
  });
});

describe.each(modelNames)('logprobs with %s', (name) => {
  const { folder, expected } = referenceModel(name);

  it('agrees with transformers', async () => {
    const byIds = expected.logprobs.map(({ prompt_ids, completion_ids }) => ({ prompt_ids, completion_ids }));
    const byText = expected.logprobs.map(({ prompt, completion, completion_ids }) =>
      completion === undefined ? { prompt, completion_ids } : { prompt, completion },
    );
    const rows = await grpoJson<{ logprobs: number[] }>('logprobs', folder, jsonlFile([...byIds, ...byText]));
    const wanted = [...expected.logprobs, ...expected.logprobs];
    expect(rows).toHaveLength(wanted.length);
    for (const [index, { logprobs }] of rows.entries()) expectClose(logprobs, wanted[index]!.logprobs);
  });
});

describe('generate', () => {
  const { folder, expected } = referenceModel('llama-sharded');

  it('renders chat prompts with the template', async () => {
    const { messages, ids } = expected.chat;
    const file = jsonlFile([{ prompt: messages }, { prompt_ids: ids }]);
    const [chat, tokens] = await generate(folder, '--prompts', file, '--greedy', '--max-tokens', '12');
    expect(chat!.completion_ids).toEqual(tokens!.completion_ids);
    expect(chat!.prompt).toEqual(messages);
  });

  it('samples the same again with the same seed, whatever else is sampled', async () => {
    const sample = (...args: string[]) => generate(folder, '--max-tokens', '16', ...args);
    const three = await sample('--prompt', 'a b', '--n', '3', '--seed', '7');
    expect(await sample('--prompt', 'a b', '--n', '3', '--seed', '7')).toEqual(three);
    const [first, second, third] = three.map(({ completion_ids }) => completion_ids.join());
    expect(new Set([first, second, third]).size).toBe(3);
    const [other] = await sample('--prompt', 'a b', '--seed', '8');
    expect(other!.completion_ids.join()).not.toBe(first);

    const file = jsonlFile([{ prompt: 'a b' }, { prompt: 'something longer than that' }]);
    const mixed = await sample('--prompts', file, '--n', '2', '--seed', '7');
    expect(mixed.map(({ prompt }) => prompt)).toEqual([
      'a b',
      'a b',
      'something longer than that',
      'something longer than that',
    ]);
    expect(mixed.slice(0, 2).map(({ completion_ids }) => completion_ids.join())).toEqual([first, second]);
  });

  it('goes through many prompts in batches, in order', async () => {
    const prompts = Array.from({ length: 20 }, (_, index) => `${index} ${'x '.repeat(index % 5)}`);
    const rows = await generate(
      folder,
      '--prompts',
      jsonlFile(prompts.map((prompt) => ({ prompt }))),
      '--greedy',
      '--max-tokens',
      '4',
    );
    expect(rows.map(({ prompt }) => prompt)).toEqual(prompts);
    const [alone] = await generate(folder, '--prompt', prompts[18]!, '--greedy', '--max-tokens', '4');
    expect(rows[18]!.completion_ids).toEqual(alone!.completion_ids);
  });

  it('takes what the context leaves when nobody says how long', async () => {
    const long = expected.greedy[0]!.prompt_ids;
    const promptIds = Array.from({ length: 250 }, (_, index) => long[index % long.length]!);
    const [row] = await generate(folder, '--prompts', jsonlFile([{ prompt_ids: promptIds }]));
    expect(row!.completion_ids.length).toBeLessThanOrEqual(6);
  });

  it('is readable without --json', async () => {
    const { status, stdout, stderr } = await grpo([
      'generate',
      folder,
      '--prompt',
      'a b',
      '--n',
      '2',
      '--max-tokens',
      '5',
    ]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toMatch(/^> a b\n/);
    expect(stdout.match(/tokens, truncated, log-probability -\d+\.\d\d\)/g)).toHaveLength(2);
  });
});

it('gives no numbers for an empty completion', async () => {
  const { folder } = referenceModel('qwen3');
  const file = jsonlFile([
    { prompt: 'a', completion: '' },
    { prompt: 'a', completion_ids: [5] },
  ]);
  const rows = await grpoJson<{ logprobs: number[] }>('logprobs', folder, file);
  expect(rows.map(({ logprobs }) => logprobs.length)).toEqual([0, 1]);
});

function expectClose(actual: number[], wanted: number[]): void {
  expect(actual).toHaveLength(wanted.length);
  expect(Math.max(...actual.map((value, index) => Math.abs(value - wanted[index]!)))).toBeLessThan(1e-4);
}
