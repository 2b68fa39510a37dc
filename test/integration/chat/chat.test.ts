/** Talking to checkpoints: the process that the editor starts, and `grpo chat`. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { GRPO, grpo, grpoJson, jsonLines, jsonlFile } from '../cli/run-grpo.ts';
import { isRunning } from '../rewards/workspace.ts';
import {
  onlyRun,
  referenceModel,
  startGrpo,
  tinyFiles,
  tinyWorkspace,
  trainHere,
  untilEvent,
  workspace,
} from '../training/workspace.ts';
import { ChatProcess } from './chat-process.ts';

interface Printed {
  side: string;
  completion: string;
  completion_ids: number[];
  reward?: number | null;
}

/** A run of two steps on the tiny model; its second checkpoint is far from the start model. */
async function trained(config: object = {}, files: Record<string, string> = {}): Promise<string> {
  const folder = tinyWorkspace({ maxSteps: 2, saveSteps: 1, learningRate: 1e-2, evalSplit: 1, ...config }, files);
  return (await trainHere(join(folder, 'run.grpo.json'))).result.run;
}

const PROMPT = { text: '3 1 0 2' };

function linesFile(lines: readonly string[]): string {
  const folder = mkdtempSync(join(tmpdir(), 'grpo-chat-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'prompts.txt');
  writeFileSync(file, lines.map((line) => `${line}\n`).join(''));
  return file;
}

describe.each([
  ['all weights', {}],
  ['an adapter', { learningRate: 0.3, lora: { r: 4, loraAlpha: 8, targetModules: 'all-linear' } }],
])('a run that trained %s', (_, config) => {
  test('answers as `grpo generate` does, from the checkpoint and from its start model', async () => {
    const run = await trained(config);
    const chat = await ChatProcess.open(run, 2);
    expect(chat.all('cost')[0]).toMatchObject({ models: 'lora' in config ? 1 : 2, training: false });
    const { base, checkpoint } = await chat.answers({ id: 1, prompt: PROMPT });
    const generated = async (model: string) => {
      const [row] = await grpoJson<Printed>(
        'generate',
        model,
        '--greedy',
        '--prompt',
        PROMPT.text,
        '--max-tokens',
        '8',
      );
      return row!.completion;
    };
    expect(base.answer.text).toBe(await generated(referenceModel('llama-head-dim-bf16')));
    expect(checkpoint.answer.text).toBe(await generated(join(run, 'checkpoints/step-000002')));
    expect(checkpoint.answer.text).not.toBe(base.answer.text);
    const printed = await grpoJson<Printed>('chat', run, '--base', '--prompt', PROMPT.text);
    expect(printed.map(({ side, completion }) => [side, completion])).toEqual([
      ['base', base.answer.text],
      ['checkpoint', checkpoint.answer.text],
    ]);
  });

  test('scores both answers, and draws the same ones from the same seed', async () => {
    const chat = await ChatProcess.open(await trained(config), 2);
    const first = await chat.answers({ id: 1, prompt: PROMPT, temperature: 1, seed: 7 });
    const again = await chat.answers({ id: 2, prompt: PROMPT, temperature: 1, seed: 7 });
    const other = await chat.answers({ id: 3, prompt: PROMPT, temperature: 1, seed: 8 });
    for (const side of ['base', 'checkpoint'] as const) {
      expect(again[side].answer.text).toBe(first[side].answer.text);
      const letters = [...first[side].answer.text].filter((letter) => letter <= 'n').length;
      expect(first[side].scored).toMatchObject({ reward: letters, verdicts: [{ name: 'letters', score: letters }] });
    }
    expect(other.base.answer.text).not.toBe(first.base.answer.text);
  });
});

test('both sides are written in turn, token by token, and what comes is the answer', async () => {
  const chat = await ChatProcess.open(await trained({ minCompletionLength: 30, maxCompletionLength: 40 }), 2);
  const { base, checkpoint } = await chat.answers({ id: 1, prompt: PROMPT, temperature: 1, maxTokens: 40 });
  const told = chat.all('text');
  for (const [side, { answer }] of Object.entries({ base, checkpoint })) {
    const own = told.filter((event) => event.side === side);
    expect(own.length).toBeGreaterThan(2);
    const whole = own.reduce((text, { from, text: added }) => text.slice(0, from) + added, '');
    // Bytes that are no character are not shown before it is known that none follow.
    expect(whole).toBe(answer.text.replace(/\uFFFD+$/, ''));
  }
  const turns = told.map(({ side }) => side);
  expect(turns.indexOf('checkpoint')).toBeLessThan(turns.lastIndexOf('base'));
});

test('stops in the middle of an answer, which is not scored, and can be asked again', async () => {
  const chat = await ChatProcess.open(await trained({ minCompletionLength: 200, maxCompletionLength: 200 }), 2);
  chat.ask({ id: 1, prompt: PROMPT, maxTokens: 200 });
  await chat.heard('text', ({ side }) => side === 'checkpoint');
  chat.send({ type: 'stop' });
  await chat.heard('done');
  expect(chat.all('answer').map(({ end }) => end)).toEqual(['stopped', 'stopped']);
  for (const { tokens } of chat.all('answer')) expect(tokens).toBeLessThan(200);
  expect(chat.all('scored')).toEqual([]);
  const { base } = await chat.answers({ id: 2, prompt: PROMPT, maxTokens: 4 });
  expect(base.answer).toMatchObject({ tokens: 4, end: 'cut off' });
  expect(base.scored).toBeDefined();
});

test('a prompt of the run brings its columns; a typed one lacks them, and the function says so', async () => {
  const reward = `export function number({ n, completion }: { n: number; completion: string }) {
  return n.toFixed(0).length + 0 * completion.length;
}
`;
  const run = await trained({ rewards: ['number.reward.ts'] }, { 'number.reward.ts': reward });
  const chat = await ChatProcess.open(run, 2);
  chat.send({ type: 'prompts', set: 'training', search: '25' });
  const { rows } = await chat.heard('prompts');
  expect(rows.length).toBeLessThanOrEqual(1);
  const known = await chat.answers({ id: 1, prompt: { set: 'held-out', index: 0 } });
  expect(known.base.scored?.reward).toBe(1);
  const same = await chat.answers({ id: 2, prompt: PROMPT });
  expect(same.base.scored?.reward, 'a typed prompt of the run has its columns').toBe(1);
  const typed = await chat.answers({ id: 3, prompt: { text: 'something else' } });
  expect(chat.all('asked').map(({ missing }) => missing)).toEqual([[], [], ['n']]);
  expect(typed.base.scored?.reward).toBeNull();
  const [verdict] = typed.base.scored!.verdicts;
  expect(verdict).toMatchObject({ kind: 'failure', reason: expect.stringContaining('TypeError'), place: { line: 2 } });
});

test("a chat goes on with what each side has said, in the form of the run's prompts", async () => {
  const prompt = { system: 'Be brief.', user: 'Say: {{ prompt }}', prefill: 'Well' };
  const run = await trained({ prompt });
  const chat = await ChatProcess.open(run, 2);
  expect(chat.all('opened')[0]).toMatchObject({ chat: true });
  const first = await chat.answers({ id: 1, prompt: { text: 'a' } });
  await chat.answers({ id: 2, prompt: { text: 'b' }, continues: true });
  await chat.answers({ id: 3, prompt: { text: 'c' } });
  const system = { role: 'system', content: 'Be brief.' };
  expect(chat.all('asked').map((asked) => asked.prompt)).toEqual([
    [system, { role: 'user', content: 'Say: a' }],
    [
      ...[system, { role: 'user', content: 'Say: a' }],
      ...[
        { role: 'assistant', content: `Well${first.base.answer.text}` },
        { role: 'user', content: 'b' },
      ],
    ],
    [system, { role: 'user', content: 'Say: c' }],
  ]);
});

test("the run's rewards score, whatever their file says by now", async () => {
  const run = await trained();
  writeFileSync(join(run, '../../../letters.reward.ts'), 'export const letters = () => 1000;');
  const chat = await ChatProcess.open(run, 2);
  const { base } = await chat.answers({ id: 1, prompt: PROMPT });
  expect(base.scored?.reward).toBeLessThan(1000);
});

test('without trust no code of the user runs, and nothing is scored', async () => {
  const touch = `import { writeFileSync } from 'node:fs';
writeFileSync(new URL('./loaded', import.meta.url), '');
${tinyFiles['letters.reward.ts']}`;
  const run = await trained();
  writeFileSync(join(run, '../../../letters.reward.ts'), touch);
  const chat = await ChatProcess.open(run, 2, { score: false });
  expect(chat.all('opened')[0]).toMatchObject({ rewards: [] });
  const { base } = await chat.answers({ id: 1, prompt: PROMPT });
  expect(base.answer.tokens).toBeGreaterThan(0);
  expect(base.scored).toBeUndefined();
  expect(() => readFileSync(join(run, '../../../loaded'))).toThrow();
});

test('a question that cannot be asked is one sentence, and the next one is answered', async () => {
  const chat = await ChatProcess.open(await trained(), 2);
  chat.ask({ id: 1, prompt: { set: 'held-out', index: 99 } });
  const problem = await chat.heard('problem');
  expect(problem).toMatchObject({ id: 1, message: 'There is no held-out prompt 100; the run has 1.' });
  chat.events.length = 0;
  await chat.answers({ id: 2, prompt: PROMPT });
});

test('a checkpoint that is not there is one sentence of no question', async () => {
  const chat = new ChatProcess();
  chat.send({ type: 'open', run: await trained(), step: 9, score: true });
  const { id, message } = await chat.heard('problem');
  expect([id, message]).toEqual([null, expect.stringContaining('no checkpoint of step 9; it has 1, 2')]);
});

test('leaves when its editor does, in the middle of an answer', async () => {
  const chat = await ChatProcess.open(await trained({ minCompletionLength: 200, maxCompletionLength: 200 }), 2);
  chat.ask({ id: 1, prompt: PROMPT, maxTokens: 200 });
  await chat.heard('text');
  chat.child.disconnect();
  expect(await chat.exit).toBe(0);
});

describe('grpo chat', () => {
  test('asks each line that is typed, and scores where that is wanted', async () => {
    const run = await trained();
    const { child, finished } = startGrpo(['chat', run, '--score', '--step', '1', '--max-tokens', '4']);
    // Its input is closed: there is nothing to ask.
    expect(child.stdin).toBeNull();
    expect(await finished).toMatchObject({ status: 0, stdout: '' });
    const [once] = await grpoJson<Printed>('chat', run, '--score', '--prompt', PROMPT.text, '--max-tokens', '4');
    expect(once).toMatchObject({ side: 'checkpoint', reward: expect.any(Number) });
  });

  test('answers the last line of a file that has ended by then', async () => {
    const model = referenceModel('llama-head-dim-bf16');
    const input = openSync(linesFile(['3 1', '2 0']), 'r');
    onTestFinished(() => closeSync(input));
    const child = spawn(process.execPath, [GRPO, 'chat', model, '--max-tokens', '4', '--json'], {
      stdio: [input, 'pipe', 'pipe'],
    });
    let [stdout, stderr] = ['', ''];
    child.stdout!.on('data', (text) => {
      stdout += text;
    });
    child.stderr!.on('data', (text) => {
      stderr += text;
    });
    const [status] = await once(child, 'close');
    expect([status, stderr]).toEqual([0, '']);
    expect(jsonLines(stdout)).toHaveLength(2);
  });

  test('Ctrl-C stops the answer', async () => {
    const run = await trained({ minCompletionLength: 200, maxCompletionLength: 200 });
    const { child, finished } = startGrpo(['chat', run, '--prompt', PROMPT.text]);
    child.stdout!.once('data', () => child.kill('SIGINT'));
    const { status, stdout } = await finished;
    expect(stdout).toMatch(/ \[stopped\]\n$/);
    expect(status).toBe(130);
  });

  test('Ctrl-C stops the scores too, whatever a function is at, and ends the command where nobody types', async () => {
    const flag = join(workspace({}), 'flag');
    const files = {
      'letters.reward.ts': `import { existsSync, writeFileSync } from 'node:fs';
export function letters() {
  if (existsSync(${JSON.stringify(flag)})) {
    writeFileSync(${JSON.stringify(flag)}, String(process.pid));
    while (true) {}
  }
  return Math.random();
}
`,
    };
    const folder = tinyWorkspace({ maxSteps: 1, rewardTimeoutSeconds: 600 }, files);
    await trainHere(join(folder, 'run.grpo.json'));
    const run = onlyRun(folder);
    const input = openSync(linesFile([PROMPT.text, PROMPT.text]), 'r');
    onTestFinished(() => closeSync(input));
    for (const prompt of [['--prompt', PROMPT.text], []]) {
      writeFileSync(flag, '');
      const args = [GRPO, 'chat', run, '--score', '--max-tokens', '4', ...prompt];
      const child = spawn(process.execPath, args, { stdio: [input, 'pipe', 'pipe'] });
      let [stdout, stderr] = ['', ''];
      child.stdout!.on('data', (text) => {
        stdout += text;
      });
      child.stderr!.on('data', (text) => {
        stderr += text;
      });
      const worker = () => Number(readFileSync(flag, 'utf8'));
      await expect.poll(worker).toBeGreaterThan(0);
      child.kill('SIGINT');
      const [status] = await once(child, 'close');
      expect([status, stderr]).toEqual([130, '']);
      expect(stdout).toMatch(/\n {2}\[not scored\]\n$/);
      await expect.poll(() => isRunning(worker())).toBe(false);
    }
  });

  test('takes just a model, as a chat where it has a template', async () => {
    const model = referenceModel('llama-head-dim-bf16');
    const prompts = jsonlFile([{ prompt: [{ role: 'user', content: PROMPT.text }] }]);
    const [chat] = await grpoJson<Printed>('chat', model, '--prompt', PROMPT.text, '--max-tokens', '8');
    const [generated] = await grpoJson<Printed>(
      'generate',
      model,
      '--greedy',
      '--prompts',
      prompts,
      '--max-tokens',
      '8',
    );
    expect(chat!.completion_ids).toEqual(generated!.completion_ids);
  });

  test.each([
    [['chat', '/nowhere'], 'there is no run, checkpoint or model here'],
    [['chat', referenceModel('llama-head-dim-bf16'), '--step', '3'], '--step chooses a checkpoint of a run'],
    [['chat', referenceModel('llama-head-dim-bf16'), '--temperature', '-1'], '--temperature must be at least 0'],
  ])('refuses %j in a sentence', async (args, sentence) => {
    const { status, stderr } = await grpo(args);
    expect([status, stderr]).toEqual([2, expect.stringContaining(sentence)]);
  });
});

test('answers while the run goes on, which it says, and leaves the run as it would have been', async () => {
  const folder = tinyWorkspace({ maxSteps: 100_000, saveSteps: 2, saveTotalLimit: 100 });
  const { child, finished } = startGrpo(['train', join(folder, 'run.grpo.json'), '--json']);
  await untilEvent(child, ({ type }) => type === 'checkpoint');
  const run = onlyRun(folder);
  const chat = await ChatProcess.open(run, 2);
  expect(chat.all('cost')[0]).toMatchObject({ training: true });
  const { checkpoint } = await chat.answers({ id: 1, prompt: PROMPT });
  expect(checkpoint.scored?.verdicts[0]).toMatchObject({ kind: 'score' });
  child.kill('SIGINT');
  expect(await finished).toMatchObject({ status: 130 });
});
