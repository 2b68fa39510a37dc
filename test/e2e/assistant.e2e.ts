/** The tools as another extension of VS Code calls them: it asks `vscode.lm`, and VS Code asks the user. */
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { editorName, TOOL_NAMES } from '../../src/assistant/names.ts';
import { ASSISTANT, Assistant, type ToolAnswer } from './helpers/assistant.ts';
import type { Editor } from './helpers/editor.ts';
import { until } from './helpers/processes.ts';
import { readRunInfo, runFolders } from './helpers/runs.ts';
import { Session } from './helpers/session.ts';

const session = new Session({ beside: ASSISTANT, settings: { 'chat.disableAIFeatures': false } });
let assistant: Assistant;

/** Answers the question that VS Code asks before a call, which must say this. */
async function answerQuestion(editor: Editor, said: RegExp, button: string): Promise<void> {
  const dialog = editor.page.locator('.monaco-dialog-box');
  await dialog.filter({ hasText: said }).waitFor();
  await dialog.getByRole('button', { name: button }).click();
  await dialog.waitFor({ state: 'hidden' });
}

session.test('all tools are offered', async ({ server, editor }) => {
  assistant = new Assistant(server.workspace);
  await editor.page.getByRole('tab', { name: 'GRPO Lab' }).click();
  const tools = await until('the tools', async () => {
    const all = (await assistant.tools()).filter(({ tags }) => tags.includes('grpo'));
    return all.length > 0 && all;
  });
  expect(tools.map(({ name }) => name).sort()).toEqual(TOOL_NAMES.map(editorName).sort());
  expect(tools.find(({ name }) => name === 'grpo_score_samples')).toMatchObject({
    description: expect.stringContaining('Runs the reward code'),
    inputSchema: { required: ['target'] },
  });
});

session.test('VS Code finds the skill in the workspace, and in the extension for other ones', async ({ editor }) => {
  await editor.command('Chat: Configure Skills');
  for (const place of ['Workspace', 'Extensions'])
    await editor.quickRow(new RegExp(`^grpo-lab.*Train a local language model.*${place}$`)).waitFor();
  await editor.screenshot('assistant-skills');
  await editor.page.keyboard.press('Escape');
});

session.test('samples are scored once the user agrees, and not otherwise', async ({ editor, server }) => {
  const denied = assistant.call('score_samples', { target: 'sort.grpo.json' });
  await answerQuestion(editor, /Score samples\?.*sort\.grpo\.json/s, 'Cancel');
  expect((await denied).text).toBeUndefined();
  expect(server.processes('reward-worker')).toEqual([]);
  const scored = assistant.call('score_samples', { target: 'sort.grpo.json' });
  await editor.page.locator('.monaco-dialog-box').waitFor();
  await editor.screenshot('assistant-question');
  await answerQuestion(editor, /Score samples\?/, 'Yes');
  expect((await scored).text).toContain('Groups with a signal: 2 of 2');
});

session.test('a call that is canceled leaves no process', async ({ editor, server }) => {
  writeFileSync(
    join(server.workspace, 'slow.reward.ts'),
    'export async function slow() { await new Promise((resolve) => setTimeout(resolve, 60_000)); return 1; }\n',
  );
  writeFileSync(join(server.workspace, 'slow.samples.jsonl'), '{"prompt": "a", "completion": "b"}\n');
  const canceled = assistant.call('score_samples', { target: 'slow.reward.ts' });
  await answerQuestion(editor, /slow\.reward\.ts/, 'Yes');
  await until('the reward to run', () => server.processes('reward-worker').length > 0);
  assistant.cancel();
  expect((await canceled).text).toBeUndefined();
  await until(
    'its processes to end',
    () => server.processes('grpo.js').length + server.processes('reward-worker').length === 0,
  );
});

session.test('what is wrong is a sentence, and what is outside is not run', async ({ editor }) => {
  const missing = assistant.call('check_run', { config: 'none.grpo.json' });
  await answerQuestion(editor, /Check run\?/, 'Yes');
  expect((await missing).error).toMatch(/none\.grpo\.json does not exist/);
  const outside = assistant.call('score_samples', { target: '/tmp/other.reward.ts' });
  await answerQuestion(editor, /Score samples\?/, 'Yes');
  expect((await outside).error).toMatch(/other\.reward\.ts is outside the workspace/);
  expect((await assistant.call('run_status', { run: 'none' })).error).toMatch(/There is no run in .*none/);
});

let run: string;

session.test('training is that of the window: dashboard, reading, stop', async ({ editor, server, dashboard }) => {
  const started = assistant.call('start_training', { config: 'sort.grpo.json', set: ['maxSteps=5000'] });
  await answerQuestion(editor, /Start training\?.*sort\.grpo\.json.*maxSteps=5000/s, 'Yes');
  const { text, error } = await started;
  expect(error).toBeUndefined();
  [run] = runFolders(server.workspace) as [string];
  expect(text).toContain(`Training in ${run}.`);
  await dashboard.state.filter({ hasText: 'running' }).waitFor();
  await until('two steps', () => existsSync(join(run, 'rollouts/step-000003.jsonl')));
  await editor.screenshot('assistant-training');

  const second = assistant.call('start_training', { config: 'arithmetic.grpo.json' });
  await answerQuestion(editor, /Start training\?/, 'Yes');
  expect((await second).error).toMatch(/sort.* is training .*one run trains at a time/);

  const read = async (answer: Promise<ToolAnswer>) => (await answer).text;
  expect(await read(assistant.call('list_runs', {}))).toContain(`${run}  sort`);
  expect(await read(assistant.call('run_status', { run }))).toMatch(/: running, step \d+ of 5000/);
  expect(await read(assistant.call('read_group', { run, step: 1 }))).toContain('"rewards":{"inclusion":');
  expect(await read(assistant.call('diagnose_run', { run }))).toMatch(/^sort: .* in \d+ steps/);
  expect(await read(assistant.call('explain_group', { run, step: 1 }))).toContain('advantage');

  const stopped = assistant.call('stop_training', { run });
  await answerQuestion(editor, /Stop training\?/, 'Yes');
  expect((await stopped).text).toMatch(/^stopped at step \d+, checkpoint .*step-\d+$/);
  expect(readRunInfo(run).state).toBe('stopped');
  await dashboard.state.filter({ hasText: 'stopped' }).waitFor();
  expect(server.processes('trainer.js')).toEqual([]);
});
