/** What is wrong with the user's input as an editor sees it: thrown in a trainer process or a command, marked at its place, mended by a quick fix. */
import { mkdirSync, readFileSync, realpathSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { GrpoCommand } from '../../../src/extension/workspace/grpo-command.ts';
import { placeToOpen } from '../../../src/extension/workspace/problem-place.ts';
import { Problems } from '../../../src/extension/workspace/problems.ts';
import type { Problem } from '../../../src/protocol/errors.ts';
import { fixesAt, marks } from './fake-vscode.ts';
import { Host } from './host.ts';
import { grpoScript, tinyWorkspace } from './workspace.ts';

vi.mock('vscode', () => import('./fake-vscode.ts'));

/** A workspace in a folder whose name looks like a place and a sentence. */
function awkward(config: object = {}, files: Record<string, string | object> = {}): string {
  const outer = realpathSync(tinyWorkspace(config, files));
  const inner = `${outer} a.ts:3: x`;
  renameSync(outer, inner);
  onTestFinished(() => rmSync(inner, { recursive: true }));
  return inner;
}

/** What a trainer says of why it does not start. */
async function refusal(configFile: string): Promise<Problem> {
  const host = new Host({ configFile });
  expect(await host.exit).toBe(2);
  const end = host.events.at(-1)!;
  return end.type === 'end' ? end.problem! : expect.unreachable();
}

/** Where and what the editor marks for it. */
async function marked(problem: Problem, config: string) {
  marks.clear();
  await new Problems().report(problem, config);
  return [...marks].flatMap(([file, diagnostics]) =>
    diagnostics.map(({ range: { start, end }, message, code }) => {
      const line = readFileSync(file, 'utf8').split('\n')[start.line]!;
      return { file, message, code, text: line.slice(start.character, end.character) };
    }),
  );
}

test('a misspelled field is marked, and its quick fix puts the right name there', async () => {
  const folder = awkward({ numGeneration: 4 });
  const config = join(folder, 'run.grpo.json');
  const problem = await refusal(config);
  expect(await marked(problem, config)).toEqual([
    {
      file: config,
      message: 'Unknown field "numGeneration". Did you mean "numGenerations"?',
      code: 'config-field',
      text: '"numGeneration"',
    },
  ]);
  const [fix, ...others] = fixesAt(config, problem.place!.line!);
  expect(others).toEqual([]);
  expect(fix).toMatchObject({ title: 'Change to "numGenerations"', isPreferred: true });
  expect(fix!.edit).toMatchObject({ edits: [[{ fsPath: config }, expect.anything(), '"numGenerations"']] });
});

test('a model that is not there is marked, and can be got', async () => {
  const folder = awkward({ model: 'C:\\models\\a.b:12:3: y' });
  const config = join(folder, 'run.grpo.json');
  const problem = await refusal(config);
  expect(await marked(problem, config)).toMatchObject([
    { code: 'missing-model', text: '"C:\\\\models\\\\a.b:12:3: y"' },
  ]);
  expect(fixesAt(config, problem.place!.line!)).toMatchObject([
    { title: 'Get a model…', command: { command: 'grpo.getModel', arguments: [{ fsPath: config }] } },
  ]);
});

test('a reward that does not load is marked at its line, whatever its message quotes', async () => {
  const folder = awkward(
    {},
    { 'letters.reward.ts': '\nthrow new Error("/a/b.ts:3: x");\nexport const letters = () => 1;\n' },
  );
  const config = join(folder, 'run.grpo.json');
  const problem = await refusal(config);
  expect(await marked(problem, config)).toMatchObject([
    {
      file: join(folder, 'letters.reward.ts'),
      message: 'The reward file does not load: Error: /a/b.ts:3: x',
      text: 'new',
    },
  ]);
});

test('a model folder is no file to show: the config has the mark, and the sentence says which folder', async () => {
  const folder = awkward({ model: 'm.5b' });
  mkdirSync(join(folder, 'm.5b'));
  const config = join(folder, 'run.grpo.json');
  const problem = await refusal(config);
  expect(placeToOpen(problem)).toBeUndefined();
  expect(await marked(problem, config)).toMatchObject([
    { file: config, message: expect.stringContaining(`${join(folder, 'm.5b')}: `) },
  ]);
});

test('a command tells the editor that started it, and says the same in words', async () => {
  const folder = awkward({}, { 'data.jsonl': '{"prompt": "a"}\n{"prompt": \n' });
  const config = join(folder, 'run.grpo.json');
  writeFileSync(config, readFileSync(config, 'utf8').replace(/"dataset":\s*"[^"]*"/, '"dataset": "data.jsonl"'));
  const lines: string[] = [];
  const command = new GrpoCommand(grpoScript, ['samples', config], folder, (line) => lines.push(line));
  const { ok, problem, lastWords } = await command.exited;
  expect([ok, lines]).toEqual([false, []]);
  const file = join(folder, 'data.jsonl');
  expect(problem).toMatchObject({
    place: { file, line: 2 },
    message: expect.stringMatching(/^This is not valid JSON/),
  });
  const { line, column } = problem!.place!;
  expect(lastWords).toBe(`${file}:${line}:${column}: ${problem!.message}`);
});
