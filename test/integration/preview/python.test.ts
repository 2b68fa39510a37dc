import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { PreviewResult } from '../../../src/protocol/preview.ts';
import { pythonMissing } from '../rewards/workspace.ts';
import { type Asked, completionsOf, gave, Preview, samplesOf } from './preview.ts';

const LENGTH = `import os

def length(completions, answer, **kwargs):
    return [len(text) * 1.0 for text in completions]

def process(completions, **kwargs):
    return [os.getpid()] * len(completions)
`;
const samples = completionsOf(['a', 'bb'], { answer: 1 });
const rewards = ['a.py'];

test.skipIf(pythonMissing)('takes the unsaved text, in the interpreter that is already warm', async () => {
  const preview = new Preview({ 'a.py': LENGTH });
  const ask = (text: string) => preview.result({ rewards, samples, texts: { 'a.py': text } });
  const first = await ask(LENGTH);
  expect(first).toMatchObject({
    computed: 4,
    functions: [{ name: 'length', language: 'python', line: 3, column: 1 }, { name: 'process' }],
    python: { version: expect.stringMatching(/^3\./) },
  });
  expect(gave(first, 'length')).toEqual([1, 2]);
  const second = await ask(LENGTH.replace('1.0', '2.0'));
  expect(gave(second, 'length')).toEqual([2, 4]);
  expect(gave(second, 'process')).toEqual(gave(first, 'process'));
  // A comment above moves the function, and nothing is called again.
  const third = await ask(`# here\n${LENGTH.replace('1.0', '2.0')}`);
  expect([third.computed, third.functions[0]!.line]).toEqual([0, 4]);
});

test.skipIf(pythonMissing)(
  'a syntax error or an exception keeps the last good numbers, and the interpreter',
  async () => {
    const preview = new Preview({ 'a.py': LENGTH });
    const ask = (text: string) => preview.result({ rewards, samples, texts: { 'a.py': text } });
    const good = await ask(LENGTH);
    const broken = await ask(LENGTH.replace('import os', 'import os\nif ('));
    expect(broken).toMatchObject({
      stale: true,
      problems: [{ code: 'load', file: preview.path('a.py'), severity: 'error' }],
    });
    expect(broken.problems[0]!.line).toBeGreaterThanOrEqual(2);
    expect(gave(broken, 'length')).toEqual([1, 2]);
    const thrown = await ask(LENGTH.replace('import os', 'import os\n1 / 0'));
    expect(thrown).toMatchObject({ stale: true, problems: [{ code: 'load', line: 2 }] });
    const again = await ask(LENGTH.replace('1.0', '3.0'));
    expect(gave(again, 'length')).toEqual([3, 6]);
    expect(gave(again, 'process')).toEqual(gave(good, 'process'));
  },
);

test.skipIf(pythonMissing)('names the line that threw and the parameter without a column', async () => {
  const preview = new Preview({ 'a.py': '' });
  const text = `def length(prompts, completions, trainer_state, anwser, limit=3, **kwargs):
    return [1.0] * len(completions)

def picky(completions, **kwargs):
    return [float(text) for text in completions]
`;
  const { problems } = await preview.result({ rewards, samples, texts: { 'a.py': text } });
  const file = preview.path('a.py');
  expect(problems).toContainEqual({
    ...{ file, line: 1, column: 49, endLine: 1, endColumn: 55, severity: 'warning', code: 'unknown-column' },
    message: expect.stringContaining('"anwser"'),
    fix: 'answer',
  });
  const at = expect.objectContaining({ file, line: 5, code: 'failure' });
  expect(problems).toContainEqual(at);
});

test.skipIf(pythonMissing)('an edit in a module that was saved counts', async () => {
  const preview = new Preview({
    'a.py':
      'from factor import FACTOR\ndef length(completions, **kwargs):\n    return [FACTOR * len(text) for text in completions]\n',
    'factor.py': 'FACTOR = 1\n',
  });
  expect(gave(await preview.result({ rewards, samples }), 'length')).toEqual([1, 2]);
  preview.write('factor.py', 'FACTOR = 10\n');
  const edited = await preview.result({ rewards, samples });
  expect([edited.computed, gave(edited, 'length')]).toEqual([2, [10, 20]]);
});

test.skipIf(pythonMissing)('processes that a function starts run the unsaved text too, of each edit', async () => {
  const text = (factor: number) => `import multiprocessing
from concurrent.futures import ProcessPoolExecutor

def work(text):
    return len(text) * ${factor}

def length(completions, **kwargs):
    scores = []
    for kind in ("spawn", "forkserver"):
        with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context(kind)) as pool:
            scores.append(list(pool.map(work, completions)))
    assert scores[0] == scores[1], scores
    return scores[0]
`;
  const preview = new Preview({ 'a.py': text(1) });
  for (const factor of [2, 3]) {
    const edited = await preview.result({ rewards, samples, texts: { 'a.py': text(factor) } });
    expect(gave(edited, 'length')).toEqual([factor, 2 * factor]);
  }
});

test.skipIf(pythonMissing)('an edit in the package of a file with relative imports counts', async () => {
  const preview = new Preview({
    'rewards/__init__.py': '',
    'rewards/a.py':
      'from .factor import FACTOR\ndef length(completions, **kwargs):\n    return [FACTOR * len(text) for text in completions]\n',
    'rewards/factor.py': 'from shared.base import BASE\nFACTOR = BASE\n',
    'shared/base.py': 'BASE = 1\n',
  });
  const ask = async () => gave(await preview.result({ rewards: ['rewards/a.py'], samples }), 'length');
  expect(await ask()).toEqual([1, 2]);
  preview.write('shared/base.py', 'BASE = 10\n');
  expect(await ask()).toEqual([10, 20]);
});

test.skipIf(pythonMissing)('one that hangs is stopped, and the next edit works again', async () => {
  const preview = new Preview({ 'a.py': '' });
  const ask = (text: string) =>
    preview.result({ rewards, samples, texts: { 'a.py': text }, settings: { rewardTimeoutSeconds: 1 } });
  const hung = await ask('def length(completions, **kwargs):\n    while True: pass\n');
  expect(gave(hung, 'length')).toEqual(['timeout', 'timeout']);
  expect(hung.problems).toMatchObject([{ code: 'failure', line: 1 }, { code: 'no-signal' }]);
  expect(gave(await ask(LENGTH), 'length')).toEqual([1, 2]);
});

test('no interpreter: the file says so, and other files work on', async () => {
  const preview = new Preview({ 'a.py': LENGTH, 'b.reward.ts': 'export const one = () => 1;\n' });
  const settings = { python: preview.path('no-python') };
  const asked = { rewards: ['a.py', 'b.reward.ts'], samples, settings };
  for (const again of [false, true]) {
    const result = await preview.result({ ...asked, reuse: again });
    expect(result).toMatchObject({ python: null, functions: [{ name: 'one', mean: 1 }] });
    const said = expect.stringContaining('no-python cannot be run');
    expect(result.problems).toMatchObject([{ file: preview.path('a.py'), line: 1, code: 'compile', message: said }]);
  }
});

test.skipIf(pythonMissing)(
  'numbers are those of the samples as Python reads them, and an edit from 5 to 5.0 is one',
  async () => {
    const preview = new Preview({
      'a.py':
        'def kind(completions, answer, **kwargs):\n    return [{int: 1, float: 2}[type(a)] + (a == 2**63 + 1) for a in answer]\n',
    });
    const ask = async (answer: string) => {
      const text = `{"prompt": "p", "completion": "x", "answer": ${answer}}\n`;
      return gave(await preview.result({ rewards, samples: text }), 'kind');
    };
    expect(await ask('5')).toEqual([1]);
    expect(await ask('5.0')).toEqual([2]);
    expect(await ask('9223372036854775809')).toEqual([2]);
    expect(await ask('9223372036854775808')).toEqual([1]);
  },
);

/** As in most TRL tutorials. */
const TUTORIAL = `
def right(completions, answer, **kwargs):
    responses = [completion[0]["content"] for completion in completions]
    return [1.0 if response == str(a) else 0.0 for response, a in zip(responses, answer)]
`;

test.skipIf(pythonMissing)(
  'messages of plain prompts: the failure says so, with the edit of the run config; chat prompts among them are scored',
  async () => {
    const preview = new Preview({ 'a.py': TUTORIAL });
    const chat = [{ role: 'user', content: 'q' }];
    const mixed = samplesOf([
      { prompt: 'q', completion: '4', answer: 4 },
      { prompt: chat, completion: '4', answer: 4 },
      { prompt: 'q', completion: '5', answer: 4 },
      { prompt: chat, completion: '5', answer: 4 },
    ]);
    const ask = (settings: Asked['settings'], subject?: string) =>
      preview.result({ rewards, samples: mixed, ...(settings && { settings }), ...(subject && { subject }) });
    const result = await ask({ prompt: 'question' });
    expect(gave(result, 'right')).toEqual(['throw', 1, 'throw', 0]);
    expect(result.problems.filter(({ code }) => code === 'failure' || code === 'stray')).toEqual([
      {
        ...{ file: preview.path('a.py'), line: 3, column: expect.any(Number), severity: 'error', code: 'failure' },
        message: expect.stringMatching(
          /^"right" failed on 2 samples, lines 1, 3: TypeError.*plain text here, as in TRL/,
        ),
        remedy: { action: 'set', path: ['prompt'], value: { user: '{{ question }}' } },
      },
    ]);
    // The config is right, and the samples are of before.
    const older = await ask({ prompt: { user: '{{ question }}' } });
    const failure = older.problems.find(({ code }) => code === 'failure');
    expect(failure?.message).toMatch(/plain text here.*; the run's prompts are chat messages already: generate these/);
    expect(failure?.remedy).toBeUndefined();
    // A reward file alone has no config to set it in.
    const remedies = ({ problems }: PreviewResult) => problems.flatMap(({ remedy }) => remedy ?? []);
    expect(remedies(await ask({}, preview.path('a.py')))).toEqual([]);
  },
);

test.skipIf(pythonMissing)(
  'a call on all samples that failed is a warning for as long as it does, and each sample has the score it gets alone',
  async () => {
    const preview = new Preview({
      'a.py': 'def halves(completions, **kwargs):\n    return [int(text) / 2 for text in completions]\n',
    });
    const warned = ({ problems }: PreviewResult) =>
      problems.flatMap(({ code, line, message }) => (code === 'stray' ? [`${line}: ${message}`] : []));
    const bad = await preview.result({ rewards, samples: completionsOf(['4', 'x', '6']) });
    expect(gave(bad, 'halves')).toEqual([2, 'throw', 3]);
    expect(warned(bad)).toEqual([
      expect.stringMatching(/^2: halves: the call on 3 completions failed \(ValueError: .*it scored 2 of them/),
    ]);
    // A comment moves the line, with nothing called but what failed.
    const text = `# halves\n${readFileSync(preview.path('a.py'), 'utf8')}`;
    const moved = await preview.result({ rewards, samples: completionsOf(['4', 'x', '6']), texts: { 'a.py': text } });
    expect(warned(moved)).toEqual([expect.stringMatching(/^3: halves: the call on 3/)]);
    const good = await preview.result({ rewards, samples: completionsOf(['4', '8', '6']), texts: { 'a.py': text } });
    expect(gave(good, 'halves')).toEqual([2, 4, 3]);
    expect(warned(good)).toEqual([]);
  },
);
