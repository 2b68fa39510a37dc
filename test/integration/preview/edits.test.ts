import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { PreviewResult } from '../../../src/protocol/preview.ts';
import { completionsOf, gave, Preview, samplesOf } from './preview.ts';

const DEBUG = join(import.meta.dirname, '../../../dist/reward-debug.js');

const LENGTH = `interface Row { completion: string }
export function length({ completion }: Row): number {
  return completion.length;
}
`;

test('scores samples with weights, groups them by prompt, says which groups have a signal', async () => {
  const preview = new Preview({
    'a.reward.ts': `${LENGTH}export const vowels = ({ completion }: Row) => completion.match(/[aeiou]/g)?.length ?? null;\n`,
  });
  const samples = samplesOf([
    { prompt: 'p', completion: 'aba', expect: { length: 3, total: [0, 6] } },
    { prompt: 'q', completion: 'xx' },
    { prompt: 'p', completion: 'b' },
  ]);
  const rewards = ['a.reward.ts#length', 'a.reward.ts#vowels'];
  const result = await preview.result({ rewards, weights: [1, 2], samples });
  expect(preview.events[0]).toEqual({ type: 'ready', version: 1 });
  expect(result).toMatchObject({
    done: true,
    stale: false,
    computed: 6,
    problems: [{ code: 'expectation' }, { code: 'no-signal' }],
  });
  expect(result.functions).toMatchObject([
    {
      name: 'length',
      weight: 1,
      language: 'typescript',
      line: 2,
      state: 'done',
      samples: 3,
      mean: 2,
      abstained: 0,
      failed: 0,
    },
    { name: 'vowels', weight: 2, line: 5, samples: 3, mean: 2, abstained: 2, failed: 0 },
  ]);
  expect(result.rows.map(({ line, group, reward }) => [line, group, reward])).toEqual([
    [1, 0, 7],
    [2, 1, 2],
    [3, 0, 1],
  ]);
  // Rewards 7 and 1: mean 4, standard deviation 3√2.
  expect(result.rows[0]!.advantage).toBeCloseTo(3 / (Math.sqrt(18) + 1e-4), 10);
  expect(result.rows[0]!.mismatches).toEqual([{ name: 'total', expected: [0, 6], actual: 7 }]);
  expect(result.rows[0]!.outcomes.length!.seconds).toBeGreaterThan(0);
  expect(result.groups).toMatchObject([
    { prompt: 'p', rendered: null, size: 2, mean: 4, signal: 'signal' },
    { prompt: 'q', size: 1, why: 'no signal: a single completion has nothing to compare with' },
  ]);
  const unscaled = await preview.result({ rewards, weights: [1, 2], samples, settings: { scaleRewards: 'none' } });
  expect(unscaled).toMatchObject({ computed: 0, rows: [{ advantage: 3 }, { advantage: 0 }, { advantage: -3 }] });
});

test('takes unsaved texts of reward files and of what they import, and computes only what changed', async () => {
  const preview = new Preview({
    'a.reward.ts':
      "import { factor } from './factor';\nexport const length = ({ completion }: { completion: string }) => completion.length * factor;\n",
    'factor.ts': 'export const factor = 1;\n',
    'b.reward.ts': 'export const one = () => 1;\n',
  });
  const rewards = ['a.reward.ts', 'b.reward.ts'];
  const ask = (texts: Record<string, string>, completions: string[], reuse = true) =>
    preview.result({ rewards, texts, samples: completionsOf(completions), reuse });
  const first = await ask({}, ['a', 'bb']);
  expect([first.computed, gave(first, 'length')]).toEqual([4, [1, 2]]);
  expect((await ask({}, ['a', 'bb'])).computed).toBe(0);
  // An edit in a module that only one of them imports.
  const edited = { 'factor.ts': '// twice\nexport const factor = 2;\n' };
  const second = await ask(edited, ['a', 'bb']);
  expect([second.computed, gave(second, 'length')]).toEqual([2, [2, 4]]);
  // A new row, and one that moved.
  const third = await ask(edited, ['ccc', 'a', 'bb']);
  expect([third.computed, gave(third, 'length'), gave(third, 'one')]).toEqual([2, [6, 2, 4], [1, 1, 1]]);
  // A comment changes no score, but the place.
  const commented = { ...edited, 'b.reward.ts': '// always\n\nexport const one = () => 1;\n' };
  const fourth = await ask(commented, ['ccc', 'a', 'bb']);
  expect([fourth.computed, fourth.functions[1]!.line]).toEqual([0, 3]);
  expect((await ask(commented, ['ccc', 'a', 'bb'], false)).computed).toBe(6);
});

test('calls every function again when asked to, also when a newer request comes before it could', async () => {
  const preview = new Preview({ 'a.reward.ts': 'export const random = () => Math.random();\n' });
  const asked = { rewards: ['a.reward.ts'], samples: completionsOf(['x']) };
  const first = await preview.result(asked);
  preview.ask({ ...asked, reuse: false });
  const second = await preview.result(asked);
  expect(gave(second, 'random')).not.toEqual(gave(first, 'random'));
  expect(gave(await preview.result(asked), 'random'), 'and keeps that').toEqual(gave(second, 'random'));
});

test('a batch function sees all rows, so that one new row has it called on all', async () => {
  const preview = new Preview({
    'a.reward.ts': `import { batchReward } from 'grpo/rewards';
export const rank = batchReward(({ completions }) => completions.map((one) => completions.filter((other) => other < one).length));
`,
  });
  const first = await preview.result({ rewards: ['a.reward.ts'], samples: completionsOf(['b', 'a']) });
  expect([first.computed, gave(first, 'rank'), first.rows[0]!.outcomes.rank!.seconds]).toEqual([2, [1, 0], null]);
  const second = await preview.result({ rewards: ['a.reward.ts'], samples: completionsOf(['b', 'a', '0']) });
  expect([second.computed, gave(second, 'rank')]).toEqual([3, [2, 1, 0]]);
});

test('what does not compile or load is told at its place; the last good numbers stay', async () => {
  const preview = new Preview({ 'a.reward.ts': LENGTH });
  const ask = (text: string, completions: string[]) =>
    preview.result({ rewards: ['a.reward.ts'], texts: { 'a.reward.ts': text }, samples: completionsOf(completions) });
  await ask(LENGTH, ['a', 'bb']);
  const broken = await ask(`${LENGTH}export const x = (\n`, ['new', 'bb', 'a']);
  expect(broken).toMatchObject({
    stale: true,
    computed: 0,
    problems: [{ code: 'compile', file: preview.path('a.reward.ts'), line: 6 }],
  });
  expect(gave(broken, 'length')).toEqual([null, 2, 1]);
  expect(broken.functions).toMatchObject([{ name: 'length', samples: 2, mean: 1.5 }]);
  const thrown = await ask(`${LENGTH}throw new Error('at the top');\n`, ['bb']);
  expect(thrown).toMatchObject({
    stale: true,
    problems: [{ code: 'load', line: 5, message: expect.stringContaining('at the top') }],
  });
  const fixed = await ask(LENGTH.replace('.length', '.length * 2'), ['bb', 'a']);
  expect(fixed).toMatchObject({ stale: false, problems: [], computed: 2 });
  expect(gave(fixed, 'length')).toEqual([4, 2]);
});

test('a line of the samples that is half written keeps its last good row', async () => {
  const preview = new Preview({ 'a.reward.ts': LENGTH });
  const rewards = ['a.reward.ts'];
  const samples = completionsOf(['a', 'bb', 'ccc']);
  await preview.result({ rewards, samples });
  const torn = await preview.result({ rewards, samples: samples.replace('"bb"', '"bb') });
  expect(torn).toMatchObject({
    stale: true,
    problems: [{ code: 'samples', file: preview.path('a.samples.jsonl'), line: 2, column: expect.any(Number) }],
  });
  expect(gave(torn, 'length')).toEqual([1, 2, 3]);
  const nowhere = await preview.result({ rewards, samples: undefined, subject: 'other' });
  expect(nowhere).toMatchObject({
    stale: false,
    rows: [],
    problems: [{ code: 'samples' }],
    functions: [{ name: 'length' }],
  });
});

test('a newer request takes over from an older one', async () => {
  const preview = new Preview({});
  const slow = (value: number) => ({
    'a.reward.ts': `export const slow = () => new Promise((resolve) => setTimeout(() => resolve(${value}), ${value === 1 ? 5000 : 1}));\n`,
  });
  preview.write('a.reward.ts', '');
  const samples = completionsOf(['a', 'b']);
  const first = preview.ask({ rewards: ['a.reward.ts'], texts: slow(1), samples });
  const second = await preview.result({ rewards: ['a.reward.ts'], texts: slow(2), samples });
  expect(gave(second, 'slow')).toEqual([2, 2]);
  expect(preview.events.filter((event) => event.type === 'result' && event.id === first && event.done)).toEqual([]);
});

test('a file that takes long to load is loaded once, whatever happens to the samples meanwhile', async () => {
  const text = `console.log('loading');
await new Promise((resolve) => setTimeout(resolve, 500));
${LENGTH}`;
  const preview = new Preview({ 'a.reward.ts': text });
  const rewards = ['a.reward.ts'];
  preview.ask({ rewards, samples: completionsOf(['a']) });
  await preview.until((event): event is PreviewResult => event.type === 'output');
  const result = await preview.result({ rewards, samples: completionsOf(['a', 'bb']) });
  expect([result.computed, gave(result, 'length')]).toEqual([2, [1, 2]]);
  expect(preview.events.filter(({ type }) => type === 'output')).toHaveLength(1);
});

test('chat prompts are shown as the chat template renders them', async () => {
  const preview = new Preview({
    'a.reward.ts':
      'export const shown = ({ renderedPrompt }: { renderedPrompt: string }) => ({ score: 1, reason: renderedPrompt });\n',
    'model/tokenizer_config.json': JSON.stringify({
      eos_token: '</s>',
      chat_template:
        '{% for m in messages %}<{{ m.role }}>{{ m.content }}{{ eos_token }}{% endfor %}{% if add_generation_prompt %}<assistant>{% endif %}',
    }),
  });
  const samples = samplesOf([{ prompt: [{ role: 'user', content: 'hi' }], completion: 'x' }]);
  const asked = { rewards: ['a.reward.ts'], samples };
  const { groups, rows, problems } = await preview.result({ ...asked, model: preview.path('model') });
  expect(groups[0]!.rendered).toBe('<user>hi</s><assistant>');
  // Functions get it too, as in a run.
  expect(rows[0]!.outcomes.shown).toMatchObject({ reason: '<user>hi</s><assistant>' });
  expect(problems.map(({ code }) => code)).toEqual(['no-signal']);
  expect((await preview.result({ ...asked, model: preview.path('nowhere') })).groups[0]!.rendered).toBeNull();

  // And so they do under the debugger.
  preview.write('a.samples.jsonl', samples);
  const target = {
    file: preview.path('a.reward.ts'),
    name: 'shown',
    samples: preview.path('a.samples.jsonl'),
    line: 1,
  };
  const debugged = (model: string | null) => {
    const args = [DEBUG, JSON.stringify({ ...target, model, variables: {}, hidden: [] })];
    return spawnSync(process.execPath, args, { encoding: 'utf8' }).stdout;
  };
  expect(debugged(preview.path('model'))).toContain("reason: '<user>hi</s><assistant>'");
  expect(debugged(null)).toContain("shown on sample 1: { kind: 'score', score: 1 }");
});

test('prompts that differ in a number only are groups of their own', async () => {
  const preview = new Preview({ 'a.reward.ts': LENGTH });
  const rows = ['1.0', '1', '12345678901234567890', '12345678901234567891'].map(
    (number) => `{"prompt": [{"role": "user", "content": "hi", "n": ${number}}], "completion": "x"}\n`,
  );
  const { groups } = await preview.result({ rewards: ['a.reward.ts'], samples: rows.join('') });
  expect(groups).toHaveLength(4);
});
