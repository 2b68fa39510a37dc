/** The output folders of trainings with TRL and verl, opened as runs: while they are written, and scored again with the workspace's rewards. */
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect } from 'vitest';
import { violations } from './helpers/axe.ts';
import type { Editor } from './helpers/editor.ts';
import { until } from './helpers/processes.ts';
import { readRunInfo } from './helpers/runs.ts';
import { Session } from './helpers/session.ts';

const FIXTURE = join(import.meta.dirname, '../references/fixtures/trl-folder/sort');
const VERL = join(import.meta.dirname, '../references/fixtures/verl-folder/sort');
/** Nowhere near the workspace. */
const elsewhere = mkdtempSync(join(tmpdir(), 'grpo-trl-'));
afterAll(() => rmSync(elsewhere, { recursive: true }));

const output = join(elsewhere, 'sorting');
const add = (name: string) => cpSync(join(FIXTURE, name), join(output, name), { recursive: true });

const session = new Session({}, () => {
  mkdirSync(join(output, 'completions'), { recursive: true });
  for (const step of [1, 2]) add(`completions/completions_0000${step}.parquet`);
});
const imported = (workspace: string) => join(workspace, '.grpo/runs/trl-sorting');

async function openFolder(editor: Editor, folder: string): Promise<void> {
  await editor.command('GRPO: Open Run Folder');
  const open = editor.page.locator('.quick-input-action').getByText('Open Run Folder');
  await open.waitFor();
  // The dialog puts its suggestion in when it has read the folder, over or before whatever was typed by then: then it is typed again.
  await editor.quickRow('..').waitFor();
  await until('the folder to be named', async () => {
    if ((await editor.quickInput.inputValue()) === `${folder}/`) return true;
    await editor.quickInput.fill(`${folder}/`);
    return false;
  });
  await open.click();
}

session.test('a folder that is neither a run nor of TRL is refused in a sentence', async ({ editor, server }) => {
  await openFolder(editor, join(server.workspace, 'data'));
  await editor.choose('None');
  await editor.notification(/has neither a run nor what TRL's GRPOTrainer writes/).waitFor();
  await editor.clearNotifications();
});

session.test('groups and rewards are there before anything is logged', async ({ editor, server, dashboard }) => {
  await openFolder(editor, output);
  await editor.choose('sort.grpo.json');
  await dashboard.state.filter({ hasText: 'running' }).waitFor();
  await until('two steps', async () => (await dashboard.step()) === 2);
  await dashboard.head.getByText('report_to=["tensorboard"]').waitFor();
  await dashboard.head.getByText('GRPOLabCallback()').waitFor();
  expect(await dashboard.head.locator('vscode-button').count()).toBe(0);
  expect(readRunInfo(imported(server.workspace)).state).toBe('running');
});

session.test('what TRL writes on is shown as it comes', async ({ editor, server, dashboard }) => {
  for (const step of [3, 4]) add(`completions/completions_0000${step}.parquet`);
  await until('four steps', async () => (await dashboard.step()) === 4);
  for (const step of [5, 6]) add(`completions/completions_0000${step}.parquet`);
  add('runs');
  add('checkpoint-6');
  await dashboard.state.filter({ hasText: 'done' }).waitFor();
  await dashboard.chart('reward').waitFor();
  await until('no process', () => server.processes('grpo.js').length === 0);
  expect(existsSync(join(imported(server.workspace), 'trainer.lock'))).toBe(false);
  await editor.screenshot('trl-run');
  expect(await violations(dashboard)).toEqual([]);
});

session.test('a group is read, and its tokens are said to be missing', async ({ editor, dashboard }) => {
  await dashboard.show('Rollouts');
  const group = dashboard.frame.locator('article.completion').first();
  await group.waitFor();
  await editor.screenshot('trl-group');
  expect(await dashboard.frame.locator('article.completion header').first().innerText()).not.toContain('token');
  await group.getByRole('button', { name: 'Tokens' }).click();
  await group.getByText('TRL did not log the token ids of this completion.').waitFor();
});

session.test("it is scored again with the workspace's rewards", async ({ editor, server, dashboard }) => {
  const config = JSON.parse(readFileSync(join(imported(server.workspace), 'run.json'), 'utf8')).configFile;
  expect(config).toBe(join(server.workspace, 'sort.grpo.json'));
  await editor.command('GRPO: Rescore Run');
  await dashboard.frame
    .getByText(/0 of 48 advantages change sign/)
    .first()
    .waitFor();
  await editor.screenshot('trl-rescored');
});

session.test('opened again, it is the same run', async ({ editor, server, dashboard }) => {
  await openFolder(editor, output);
  await editor.choose('sort.grpo.json');
  await dashboard.state.filter({ hasText: 'done' }).waitFor();
  await until('no process', () => server.processes('grpo.js').length === 0);
  expect(existsSync(join(server.workspace, '.grpo/runs/trl-sorting-2'))).toBe(false);
  // A run folder is opened as it is.
  await openFolder(editor, imported(server.workspace));
  await dashboard.state.filter({ hasText: 'done' }).waitFor();
});

session.test(
  'what verl dumps is a run too, with its scores, groups and held-out results',
  async ({ editor, server, dashboard }) => {
    const dumps = join(elsewhere, 'dumps');
    cpSync(VERL, dumps, { recursive: true });
    await openFolder(editor, dumps);
    await editor.choose('sort.grpo.json');
    await dashboard.state.filter({ hasText: 'running' }).waitFor();
    await until('three steps', async () => (await dashboard.step()) === 3);
    await dashboard.head.getByText('verl dumps no token ids').waitFor();
    expect(await dashboard.head.innerText()).not.toContain('unknown');
    expect(readRunInfo(join(server.workspace, '.grpo/runs/verl-dumps')).state).toBe('running');
    await dashboard.chart('reward').waitFor();
    await editor.screenshot('verl-run');
    await dashboard.show('Rollouts');
    await dashboard.frame.locator('article.completion').first().waitFor();
    await editor.screenshot('verl-group');
    expect(await violations(dashboard)).toEqual([]);
  },
);

session.test('nothing offers to resume what another program trains', async ({ editor }) => {
  await editor.page.getByRole('tab', { name: 'GRPO Lab' }).click();
  await editor.treeItem('sorting').click({ button: 'right' });
  const items = editor.page.locator('.monaco-menu').getByRole('menuitem');
  await items.filter({ hasText: 'Delete Run' }).waitFor();
  expect((await items.allInnerTexts()).join()).not.toContain('Resume');
  await editor.page.keyboard.press('Escape');
});
