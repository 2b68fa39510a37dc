/** The model of positions, against PyTorch (test/references/lecture.py). */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { uniforms } from '../../../../src/data/random.ts';
import { OnnxEngine } from '../../../../src/engine/onnx/engine.ts';
import { readModel } from '../../../../src/model/files/read-model.ts';
import { createSampler } from '../../../../src/model/generation/create-sampler.ts';
import { Scorer } from '../../../../src/model/network/scorer.ts';

const FIXTURES = join(import.meta.dirname, '../../../references/fixtures/lecture');
const { config, weights } = await readModel('sample-workspace/lecture/model');
const engine = new OnnxEngine();
const options = { temperature: 1, topK: 0, topP: 1, minP: 0, minTokens: 0, eosTokenIds: [] };
const PROMPTS = [
  [1, 0, 2],
  [3, 2, 4],
  [1, 2, 3],
];

interface Row {
  prompt_ids: number[];
  completion_ids: number[];
}
const rows: Row[] = readFileSync(join(FIXTURES, 'rollouts.jsonl'), 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line));
const sequences = rows.map((row) => ({ promptIds: row.prompt_ids, completionIds: row.completion_ids }));

test('log-probabilities are those of PyTorch', async () => {
  const expected: number[][] = JSON.parse(readFileSync(join(FIXTURES, 'expected.json'), 'utf8'));
  const scored = await new Scorer(engine, config, 1).logProbs(weights, sequences, 10);
  expect(scored).toHaveLength(expected.length);
  scored.forEach((logProbs, row) => {
    expect(logProbs).toHaveLength(3);
    logProbs.forEach((logProb, place) => {
      expect(logProb).toBeCloseTo(expected[row]![place]!, 5);
    });
  });
});

test('what is sampled has the log-probability that it is scored with, and comes as often as that says', async () => {
  const group = 2000;
  const sampler = createSampler(engine, config, { ...options, group });
  const draws = uniforms(1, ['test'], 3 * PROMPTS.length * group);
  const completions = await sampler.sample(weights, PROMPTS, 3, draws);
  const drawn = completions.map(({ ids }, row) => ({
    promptIds: PROMPTS[Math.floor(row / group)]!,
    completionIds: ids,
  }));
  const scored = await new Scorer(engine, config, 1).logProbs(weights, drawn, group);
  completions.forEach(({ ids, logProbs, truncated }, row) => {
    expect([ids.length, truncated]).toEqual([3, false]);
    logProbs.forEach((logProb, place) => {
      expect(logProb).toBeCloseTo(scored[row]![place]!, 5);
    });
  });
  for (const [prompt] of PROMPTS.entries())
    for (let place = 0; place < 3; place++) {
      const some = completions.slice(prompt * group, (prompt + 1) * group);
      for (const { ids, logProbs } of some.slice(0, 50)) {
        const share = some.filter((other) => other.ids[place] === ids[place]).length / group;
        // Four standard deviations of a share of 2,000.
        expect(Math.abs(share - Math.exp(logProbs[place]!))).toBeLessThan(4 * Math.sqrt(0.25 / group));
      }
    }
});

test('a limit cuts a response off, temperature 0 takes the likeliest tokens, and a prompt may not be longer', async () => {
  const sampler = createSampler(engine, config, { ...options, temperature: 0, group: 1 });
  const cut = await sampler.sample(weights, PROMPTS, 2, new Float32Array(6));
  expect(cut.map(({ ids, truncated }) => [ids.length, truncated])).toEqual(PROMPTS.map(() => [2, true]));
  const heard: number[] = [];
  const tokens = { onToken: (_: number, id: number) => heard.push(id), goOn: async () => true };
  const [whole] = await sampler.sample(weights, [[1, 0, 2]], 9, new Float32Array(9), { tokens });
  expect(whole).toMatchObject({ ids: [4, 0, 3], truncated: false });
  expect(heard).toEqual([4, 0, 3]);
  await expect(sampler.sample(weights, [[1, 0]], 3, new Float32Array(3))).rejects.toThrow(
    'This prompt has 2 tokens, and the model takes prompts of 3 tokens only.',
  );
});
