/** The dashboard's Config tab, and the ways to train again from a run. */
import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { violations } from './helpers/axe.ts';
import { type Theme, themes } from './helpers/editor.ts';
import { until } from './helpers/processes.ts';
import { makeRun, readRunInfo, runFolders } from './helpers/runs.ts';
import { Session } from './helpers/session.ts';

const setConfig = (workspace: string, field: string, value: number) => {
  const file = join(workspace, 'sort.grpo.json');
  const text = readFileSync(file, 'utf8');
  writeFileSync(file, text.replace(new RegExp(`("${field}": )[^,\\n]+`), `$1${value}`));
};

const session = new Session({}, (workspace) => {
  makeRun(workspace, 'sort.grpo.json', { maxSteps: 4, learningRate: 0.002 });
  appendFileSync(join(workspace, 'rewards/sort.reward.ts'), '// Not as it was.\n');
});

const newestRun = () => runFolders(session.server.workspace).at(-1)!;
const trained = (runs: number) =>
  until(
    'the run to end',
    () => {
      const folders = runFolders(session.server.workspace);
      return (
        folders.length === runs &&
        existsSync(join(newestRun(), 'run.json')) &&
        !['running', 'paused'].includes(readRunInfo(newestRun()).state)
      );
    },
    60_000,
  );

session.test('shows what the run really ran with', async ({ editor, dashboard }) => {
  await editor.page.getByRole('tab', { name: 'GRPO Lab' }).click();
  await editor.treeItem('4/4').click();
  await dashboard.state.filter({ hasText: 'done' }).waitFor();
  await dashboard.show('Config');
  const { frame } = dashboard;
  await frame.getByRole('row', { name: /^learningRate 0\.002 Learning rate of AdamW/ }).waitFor();
  await frame.getByRole('row', { name: /^temperature 1 \(default\)/ }).waitFor();
  await frame.getByText('changed since this run').waitFor();
  await editor.screenshot('config-tab');
  await frame.getByRole('searchbox', { name: 'Search fields' }).fill('clip');
  await frame.getByRole('row', { name: /^learningRate/ }).waitFor({ state: 'detached' });
  await frame.getByRole('row', { name: /^maxGradNorm/ }).waitFor();
  await frame.getByRole('searchbox', { name: 'Search fields' }).fill('');
  await frame.getByRole('checkbox', { name: 'Hide defaults' }).check();
  await frame.getByRole('row', { name: /^temperature/ }).waitFor({ state: 'detached' });
  await frame.getByRole('checkbox', { name: 'Hide defaults' }).uncheck();
  for (const [width, name] of [
    [1000, 'config-tab-1000'],
    [520, 'config-tab-520'],
  ] as const) {
    await editor.page.setViewportSize({ width, height: 900 });
    await editor.screenshot(name);
  }
  await editor.page.setViewportSize({ width: 1440, height: 900 });
});

for (const theme of Object.keys(themes) as Theme[])
  session.test(`axe finds nothing wrong: ${theme}`, async ({ editor, dashboard }) => {
    await editor.setTheme(theme);
    await dashboard.frame.getByRole('row', { name: /^learningRate/ }).waitFor();
    expect(await violations(dashboard)).toEqual([]);
    await editor.screenshot(`config-tab-${theme}`);
  });

session.test('the reward code as it was: beside that of today', async ({ editor, dashboard }) => {
  await editor.setTheme('dark');
  await dashboard.frame.getByRole('button', { name: 'Show Diff: rewards/sort.reward.ts' }).click();
  await editor.page.getByRole('tab', { name: 'rewards/sort.reward.ts: as recorded ↔ today' }).waitFor();
  await editor.page.locator('.editor-instance').getByText('// Not as it was.').first().waitFor();
  await editor.command('View: Close Editor');
});

session.test('Run Again: a new run with its settings and its reward code', async ({ server, editor, dashboard }) => {
  await dashboard.frame.getByText('Run Again', { exact: true }).click();
  const dialog = editor.page.getByRole('dialog').filter({ hasText: 'The reward code has changed since sort.' });
  await dialog.waitFor();
  await editor.screenshot('config-run-again');
  await dialog.getByRole('button', { name: 'Restore Recorded Code' }).click();
  await trained(2);
  const { config, state } = readRunInfo(newestRun());
  expect(state).toBe('done');
  expect(config).toMatchObject({ learningRate: 0.002, maxSteps: 4 });
  const copy = join(server.workspace, 'rewards/sort-recorded.reward.ts');
  expect(config.rewards).toMatchObject([{ file: copy, function: 'inclusion' }, { file: copy }]);
  expect(readFileSync(copy, 'utf8')).not.toContain('Not as it was');
  await editor.clearNotifications();
});

session.test('Edit and Run Again: a config with its settings, opened and started', async (all) => {
  const { server, editor, dashboard } = all;
  await editor.treeItem(/^sort(?! ·)/).click();
  await dashboard.show('Config');
  await dashboard.frame.getByText('Edit and Run Again', { exact: true }).click();
  const dialog = editor.page.getByRole('dialog').filter({ hasText: 'The reward code has changed' });
  await dialog.getByRole('button', { name: "Use Today's Code" }).click();
  await editor.quickInput.fill('sort-slow');
  await editor.page.keyboard.press('Enter');
  await editor.page.getByRole('tab', { name: 'sort-slow.grpo.json' }).waitFor();
  const text = readFileSync(join(server.workspace, 'sort-slow.grpo.json'), 'utf8');
  expect(text).toContain('// A tiny model');
  expect(text).toMatch(/"maxSteps": 4\b[\s\S]*"learningRate": 0\.002/);
  await editor.page.getByText('Start Training', { exact: true }).first().click();
  await trained(3);
  expect(readRunInfo(newestRun())).toMatchObject({ state: 'done', name: 'sort-slow' });
  await editor.treeItem('sort-slow').waitFor();
  await editor.clearNotifications();
});

session.test('a run that is done is trained on for more steps', async ({ editor, dashboard }) => {
  await editor.treeItem('sort-slow').click();
  await dashboard.state.filter({ hasText: 'done' }).waitFor();
  await dashboard.button('Train More Steps').click();
  await editor.quickInput.fill('6');
  await editor.page.keyboard.press('Enter');
  await until('the last step', () => readRunInfo(newestRun()).step === 6 && readRunInfo(newestRun()).state === 'done');
  const { config, changes } = readRunInfo(newestRun());
  expect(config.maxSteps).toBe(6);
  expect(changes).toMatchObject([{ step: 5, field: 'config.maxSteps', from: 4, to: 6 }]);
  await editor.clearNotifications();
});

session.test('a run that is no longer as it was recorded continues with the changes', async (all) => {
  const { server, editor, dashboard } = all;
  makeRun(server.workspace, 'sort.grpo.json', { maxSteps: 3 });
  const folder = newestRun();
  setConfig(server.workspace, 'maxSteps', 5);
  setConfig(server.workspace, 'learningRate', 0.0005);
  await editor.treeItem('3/3').click();
  await dashboard.state.filter({ hasText: 'done' }).waitFor();
  await dashboard.button('Train More Steps').click();
  const dialog = editor.page.getByRole('dialog').filter({ hasText: 'learningRate 0.0003 → 0.0005' });
  await dialog.waitFor();
  await editor.screenshot('config-differences');
  await dialog.getByRole('button', { name: 'Continue with Changes from Step 4' }).click();
  await until('the last step', () => readRunInfo(folder).step === 5 && readRunInfo(folder).state === 'done');
  expect(readRunInfo(folder).changes).toEqual(
    expect.arrayContaining([
      expect.objectContaining({ step: 4, field: 'config.learningRate', from: 0.0003, to: 0.0005 }),
    ]),
  );
  await dashboard.show('Config');
  await dashboard.frame.getByText('0.0003 until step 3').waitFor();
  await editor.screenshot('config-history');
  await editor.clearNotifications();
});

session.test('or a new run starts from its checkpoint', async ({ server, editor, dashboard }) => {
  const before = runFolders(server.workspace).length;
  setConfig(server.workspace, 'maxSteps', 7);
  setConfig(server.workspace, 'learningRate', 0.0007);
  await dashboard.button('Train More Steps').click();
  const dialog = editor.page.getByRole('dialog').filter({ hasText: 'learningRate 0.0005 → 0.0007' });
  await dialog.getByRole('button', { name: 'New Run from This Checkpoint' }).click();
  await trained(before + 1);
  const { config, state } = readRunInfo(newestRun());
  expect(state).toBe('done');
  expect(config).toMatchObject({ learningRate: 0.0007, maxSteps: 7 });
  expect(config.model).toMatch(/checkpoints\/step-000005$/);
  expect(existsSync(join(server.workspace, 'sort-from-step-5.grpo.json'))).toBe(true);
  await editor.treeItem('sort-from-step-5').waitFor();
});
