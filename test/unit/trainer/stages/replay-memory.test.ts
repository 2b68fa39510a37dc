import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { Experience } from '../../../../src/grpo/trajectory.ts';
import type { RolloutRow } from '../../../../src/protocol/run-folder.ts';
import type { Rollout } from '../../../../src/trainer/rollout.ts';
import { ReplayMemory, withReplayed } from '../../../../src/trainer/stages/replay-memory.ts';

const OPTIONS = { share: 0.5, capacity: 3, maxWeight: 2 };
const CONFIG = { replay: OPTIONS, seed: 1, promptsPerStep: 2, numGenerations: 2 };
const memoryOf = (options: object = {}, config: object = {}) =>
  new ReplayMemory({ ...CONFIG, ...config }, { ...OPTIONS, ...options });

/** A step of one group of two, whose completions say where they are from. */
function stepOf(step: number, advantage: Experience['advantage'] = 1, logProbs: number[] = [-1, -2]) {
  const rows = [0, 1].map((place) => ({
    step,
    group: 0,
    completion: `${step}/${place}`,
    prompt_ids: [1],
    completion_ids: [2, 3],
  }));
  const prompt = { ids: [1], prompt: 'a', columns: {} };
  return {
    step,
    rollout: rows.map(({ completion: text, completion_ids: ids }) => ({
      ...{ group: 0, prompt, text },
      trajectory: { segments: [{ ids, trained: true, logProbs }], truncated: false },
    })) as unknown as Rollout,
    rows: rows as unknown as RolloutRow[],
    experiences: rows.map(
      ({ completion_ids: completionIds }): Experience => ({ promptIds: [1], completionIds, mask: [1, 1], advantage }),
    ),
  };
}

function remember(memory: ReplayMemory, { step, rollout, rows, experiences }: ReturnType<typeof stepOf>): void {
  memory.remember(step, rollout, rows, experiences);
}

const sources = (memory: ReplayMemory, step: number) => memory.draw(step, 5).rows.map((row) => row.replayed_from);

test('a step gets as many groups as its share, as they were, counted on from its own', () => {
  const memory = memoryOf();
  expect(memory.draw(1, 2)).toEqual({ rows: [], experiences: [] });
  remember(memory, stepOf(1));
  const { rows, experiences } = memory.draw(2, 7);
  expect(rows).toMatchObject([
    { step: 2, group: 7, replayed_from: 1, completion: '1/0' },
    { step: 2, group: 7, replayed_from: 1, completion: '1/1' },
  ]);
  const again = { promptIds: [1], completionIds: [2, 3], mask: [1, 1], advantage: 1, replayed: { logProbs: [-1, -2] } };
  expect(experiences).toEqual([again, again]);
});

test('the oldest group leaves first, and all that are kept come back at some time', () => {
  const memory = memoryOf();
  for (const step of [1, 2, 3, 4, 5]) remember(memory, stepOf(step));
  const seen = new Set(Array.from({ length: 40 }, (_, index) => sources(memory, 6 + index)[0]));
  expect(seen).toEqual(new Set([3, 4, 5]));
});

test('groups without a gradient or without known log-probabilities are not kept, nor drawn with another size', () => {
  const memory = memoryOf();
  remember(memory, stepOf(1, 0));
  remember(memory, stepOf(2, [0, 0]));
  const unknown = stepOf(3);
  remember(memory, { ...unknown, rollout: unknown.rollout.map(withoutLogProbs) });
  expect(sources(memory, 4)).toEqual([]);
  remember(memory, stepOf(4, [0, 0.5]));
  expect(sources(memory, 5)).toEqual([4, 4]);
  const folder = temporary();
  memory.save(folder);
  const other = memoryOf({}, { numGenerations: 4 });
  other.restore(folder);
  expect(sources(other, 5)).toEqual([]);
});

test('what is saved comes back to the digit, and a damaged file is named', () => {
  const memory = memoryOf({ share: 1 });
  remember(memory, stepOf(1, 1 / 3, [Math.fround(-0.1), -1e-9]));
  remember(memory, stepOf(2, [0.1, -2 / 3]));
  const folder = temporary();
  memory.save(folder);
  const restored = memoryOf({ share: 1 });
  restored.restore(folder);
  expect(restored.draw(3, 2)).toEqual(memory.draw(3, 2));
  expect(restored.draw(3, 2).rows).toHaveLength(4);
  writeFileSync(join(folder, 'replay.json'), '{"version": 1}');
  expect(() => restored.restore(folder)).toThrow('replay.json');
});

test('advantages are of one kind: a list for each completion, where any has one', () => {
  const own = stepOf(3, 0.25).experiences.map((each) => ({ ...each, sampledLogProbs: [-3, -3] }));
  const memory = memoryOf();
  remember(memory, stepOf(1, [0.5, 1]));
  const all = withReplayed(own, memory.draw(4, 1));
  expect(all.map(({ advantage }) => Array.from(advantage as number[]))).toEqual([
    ...[
      [0.25, 0.25],
      [0.25, 0.25],
    ],
    ...[
      [0.5, 1],
      [0.5, 1],
    ],
  ]);
  expect(all.map(({ sampledLogProbs }) => sampledLogProbs)).toEqual([
    [-3, -3],
    [-3, -3],
    [-1, -2],
    [-1, -2],
  ]);
});

const withoutLogProbs = (completion: Rollout[number]): Rollout[number] => ({
  ...completion,
  trajectory: { segments: [{ ids: [2, 3], trained: true }], truncated: false },
});

function temporary(): string {
  const folder = mkdtempSync(join(tmpdir(), 'grpo-replay-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
}
