/** What a run remembers of its prompts from step to step. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { EncodedPrompt } from '../../../../src/data/prompts.ts';
import type { Rollout } from '../../../../src/trainer/rollout.ts';
import { PromptMemory, promptKey } from '../../../../src/trainer/stages/prompt-memory.ts';

const promptOf = (prompt: string, columns: Record<string, unknown> = {}): EncodedPrompt => ({
  prompt,
  ids: [1],
  columns,
});

/** Two completions for each prompt. */
const rolloutOf = (...prompts: EncodedPrompt[]): Rollout =>
  prompts.flatMap((prompt, group) =>
    [0, 1].map(() => ({ group, prompt, trajectory: { segments: [], truncated: false }, text: '' })),
  );

test('a prompt is known by its text and its columns, not by its tokens', () => {
  expect(promptKey(promptOf('a', { n: 1 }))).toBe(
    promptKey({ ...promptOf('a', { n: 1 }), ids: [7, 8] } as EncodedPrompt),
  );
  expect(promptKey(promptOf('a', { n: 1 }))).not.toBe(promptKey(promptOf('a', { n: 2 })));
  expect(promptKey(promptOf('a'))).not.toBe(promptKey(promptOf('b')));
  const chat = [{ role: 'user', content: 'a' }];
  expect(promptKey({ prompt: chat, columns: {} })).not.toBe(promptKey(promptOf('a')));
});

test('halves its rows at each visit, and learns nothing from what nobody scored', () => {
  const memory = new PromptMemory();
  const [a, b] = [promptOf('a'), promptOf('b')];
  expect(memory.historiesOf(rolloutOf(a, b), 2)).toEqual([undefined, undefined]);
  memory.remember(rolloutOf(a, b), { outcomes: [1, 0, null, null] }, 2);
  expect(memory.historiesOf(rolloutOf(b, a), 2)).toEqual([undefined, { rows: 1, mean: 0.5 }]);
  memory.remember(rolloutOf(a), { outcomes: [2, null] }, 2);
  expect(memory.historiesOf(rolloutOf(a), 2)).toEqual([{ rows: 1, mean: 1.25 }]);
});

test('takes a prompt that has two groups in a step once after the other; both are compared with what was before', () => {
  const memory = new PromptMemory();
  const twice = rolloutOf(promptOf('a'), promptOf('a'));
  memory.remember(twice, { outcomes: [0, 0, 1, 1] }, 2);
  // After the first: 1 row of mean 0. After the second: (1 · 0 + 2 · 1) / 3, and 1.5 rows.
  expect(memory.historiesOf(twice, 2)).toEqual([
    { rows: 1.5, mean: expect.closeTo(2 / 3, 12) },
    { rows: 1.5, mean: expect.closeTo(2 / 3, 12) },
  ]);
});

test('comes back from a checkpoint to the last digit', () => {
  const folder = mkdtempSync(join(tmpdir(), 'grpo-memory-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const [memory, restored] = [new PromptMemory(), new PromptMemory()];
  const rollout = rolloutOf(promptOf('a'), promptOf('b'));
  memory.remember(rollout, { outcomes: [0.1, 0.2, 1 / 3, 1e-7] }, 2);
  memory.save(folder);
  restored.restore(folder);
  expect(restored.historiesOf(rollout, 2)).toEqual(memory.historiesOf(rollout, 2));
  expect(readFileSync(join(folder, 'prompt_memory.json'), 'utf8')).toMatch(/^\{"version":1,.*\n$/);
  // Of a run that did not remember.
  rmSync(join(folder, 'prompt_memory.json'));
  restored.restore(folder);
  expect(restored.historiesOf(rollout, 2)).toEqual([undefined, undefined]);
});
