/** What datasets of chats and the model's template have to do with each other: every command renders alike, and names what it refuses. */
import { spawnSync } from 'node:child_process';
import { appendFileSync, cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { loadTokenizer } from '../../../src/model/tokenizer/tokenizer.ts';
import type { RolloutRow } from '../../../src/protocol/run-folder.ts';
import { grpoScript, readJsonl, tinyConfig, tinyWorkspace } from './workspace.ts';

const user = (content: string) => ({ role: 'user', content });

/** A run of the tiny model with this template. */
function withTemplate(template: string, rows: object[], config: object = {}): string {
  const folder = tinyWorkspace({ maxSteps: 1, ...config }, { 'prompts.jsonl': rows });
  cpSync(tinyConfig.model, join(folder, 'model'), { recursive: true });
  rmSync(join(folder, 'model', 'chat_template.jinja'), { force: true });
  writeFileSync(join(folder, 'model', 'chat_template.jinja'), template);
  writeFileSync(
    join(folder, 'run.grpo.json'),
    JSON.stringify({ ...tinyConfig, maxSteps: 1, promptsPerStep: 1, ...config, model: 'model' }),
  );
  return folder;
}

function grpo(folder: string, ...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [grpoScript, ...args], {
    cwd: folder,
    encoding: 'utf8',
  });
  return { status, output: stdout + stderr };
}

const STRICT = `{% for m in messages %}{% if m.role == 'system' %}{{ raise_exception('No system message!') }}{% endif %}{{ m.content }}
{% endfor %}`;
const REFUSED = 'the chat template refuses this prompt: No system message!';
const rows = [{ prompt: [user('1')] }, { prompt: '2' }, { prompt: [{ role: 'system', content: 'x' }, user('3')] }];

test('a row that the template refuses is named, whoever reads it', () => {
  const folder = withTemplate(STRICT, rows, { evalDataset: 'held-out.jsonl' });
  writeFileSync(join(folder, 'held-out.jsonl'), JSON.stringify(rows[0]));
  const trained = grpo(folder, 'train', 'run.grpo.json', '--out', 'out');
  expect(trained).toMatchObject({ status: 2, output: expect.stringContaining(`prompts.jsonl:3: ${REFUSED}`) });
  const generated = grpo(folder, 'generate', 'model', '--prompts', 'prompts.jsonl', '--max-tokens', '2');
  expect(generated).toMatchObject({ status: 2, output: expect.stringContaining(`prompts.jsonl:3: ${REFUSED}`) });

  writeFileSync(join(folder, 'prompts.jsonl'), JSON.stringify(rows[0]));
  writeFileSync(join(folder, 'held-out.jsonl'), rows.map((row) => JSON.stringify(row)).join('\n'));
  const evaluated = grpo(folder, 'eval', 'run.grpo.json');
  expect(evaluated).toMatchObject({ status: 2, output: expect.stringContaining(`held-out.jsonl:3: ${REFUSED}`) });

  const samples = rows.map((row) => JSON.stringify({ ...row, completion: 'abc' })).join('\n');
  writeFileSync(join(folder, 'a.samples.jsonl'), samples);
  const scored = grpo(folder, 'score', 'run.grpo.json', '--samples', 'a.samples.jsonl');
  expect(scored).toMatchObject({ status: 2, output: expect.stringContaining(`a.samples.jsonl:3: ${REFUSED}`) });
});

test("what a template cannot write is told with the template's line", () => {
  const folder = withTemplate('{% for m in messages %}\n{{ m.content + 1 }}\n{% endfor %}', rows.slice(0, 1));
  const { status, output } = grpo(folder, 'train', 'run.grpo.json', '--out', 'out');
  expect(status).toBe(2);
  expect(output).toMatch(
    /prompts\.jsonl:1: the chat template refuses this prompt: "\+" does not work .*\(line 2 of the template\)/,
  );
});

test('messages reach the template as the dataset has them, and a run records them so', () => {
  const call = { type: 'function', function: { name: 'sum', arguments: { a: 2, b: 1.5, exact: true, base: null } } };
  const prompt = [
    { role: 'user', content: [{ type: 'text', text: '2+2' }], name: 'Ann' },
    { role: 'assistant', content: null, tool_calls: [call] },
    { role: 'tool', content: '4' },
  ];
  const template =
    '{% for m in messages %}{{ m.name }}{{ m.content }}{{ m.tool_calls | tojson if m.tool_calls }}{{ m.tool_calls[0].function.arguments if m.tool_calls }}/{% endfor %}';
  const folder = withTemplate(template, [], { rewards: ['chat.reward.ts'] });
  const reward =
    'export const chat = ({ prompt, messages }) => ({ score: 1, reason: JSON.stringify([prompt, messages]) });\n';
  writeFileSync(join(folder, 'chat.reward.ts'), reward);
  // A whole float is one in Python; JavaScript's JSON has no such thing.
  writeFileSync(join(folder, 'prompts.jsonl'), `${JSON.stringify({ prompt }).replace('"a":2,', '"a":2.0,')}\n`);
  const { status, output } = grpo(folder, 'train', 'run.grpo.json', '--out', 'out');
  expect(status, output).toBe(0);
  const [row] = readJsonl<RolloutRow>(folder, 'out', 'rollouts', 'step-000001.jsonl');
  expect(row!.prompt).toEqual(prompt);
  expect(JSON.parse(row!.details!.chat!.reason!)).toEqual(['2+2\n\n\n\n4', prompt]);
  // From transformers 5.23.
  const text =
    'Ann[{\'type\': \'text\', \'text\': \'2+2\'}]/None[{"type": "function", "function": {"name": "sum", "arguments": {"a": 2.0, "b": 1.5, "exact": true, "base": null}}}]{\'a\': 2.0, \'b\': 1.5, \'exact\': True, \'base\': None}/4/';
  const { encode } = loadTokenizer(join(folder, 'model'));
  expect(row!.prompt_ids).toEqual(encode(text, { addSpecialTokens: false }));
});

test('a reward sees the prompt that the model saw, also when the run is scored or trained on again', () => {
  const config = { rewards: ['seen.reward.ts'], chatTemplateKwargs: { tail: 'now' } };
  const folder = withTemplate('{% for m in messages %}{{ m.content }}{% endfor %}{{ tail }}', rows.slice(0, 1), config);
  const reward = `export const seen = ({ renderedPrompt }: { renderedPrompt?: string }) => ({ score: 1, reason: String(renderedPrompt) });`;
  writeFileSync(join(folder, 'seen.reward.ts'), reward);
  const seenIn = (run: string) =>
    readJsonl<RolloutRow>(join(folder, run, 'rollouts/step-000001.jsonl')).map(({ details }) => details?.seen?.reason);
  expect(grpo(folder, 'train', 'run.grpo.json', '--out', 'run')).toMatchObject({ status: 0 });
  expect(seenIn('run')).toEqual(Array(4).fill('1now'));

  // Without rewards, so that the functions are asked.
  const recorded = readJsonl<RolloutRow>(join(folder, 'run/rollouts/step-000001.jsonl'));
  // For people, once for the group.
  expect(recorded.map((row) => row.rendered_prompt)).toEqual(['1now', undefined, undefined, undefined]);
  writeFileSync(
    join(folder, 'rows.jsonl'),
    recorded.map(({ rewards: _, ...row }) => `${JSON.stringify(row)}\n`).join(''),
  );
  const again = (run: string, ...args: string[]) =>
    grpo(folder, 'train', 'run.grpo.json', '--rollouts', 'rows.jsonl', '--out', run, ...args);
  expect(again('replayed')).toMatchObject({ status: 0 });
  expect(seenIn('replayed')).toEqual(Array(4).fill('1now'));
  // With other variables these ids would have been others.
  expect(again('other', '--set', 'chatTemplateKwargs.tail=2')).toMatchObject({ status: 0 });
  expect(seenIn('other')).toEqual(Array(4).fill('undefined'));

  const scores = reward.replace('score: 1', "score: renderedPrompt === '1now' ? 1 : 0");
  writeFileSync(join(folder, 'seen.reward.ts'), scores);
  const current = readFileSync(join(folder, 'run.grpo.json'), 'utf8').replace('"now"', '"later"');
  writeFileSync(join(folder, 'run.grpo.json'), current);
  const same = grpo(folder, 'rescore', 'run');
  expect(same.output).toContain('0 of 4 completions get a different reward');
  expect(same.output).not.toContain('renderedPrompt');

  appendFileSync(join(folder, 'model/chat_template.jinja'), '!');
  const { output } = grpo(folder, 'rescore', 'run');
  expect(output).toContain('4 of 4 completions get a different reward');
  expect(output).toContain(
    'chat_template.jinja has changed since the run was recorded: reward functions get no renderedPrompt.',
  );
});
