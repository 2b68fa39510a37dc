/** What the run doctor says in the editor: of a sick run while it trains, and of recorded ones. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Locator } from 'playwright-core';
import { expect } from 'vitest';
import { violations } from './helpers/axe.ts';
import type { Dashboard } from './helpers/dashboard.ts';
import { until } from './helpers/processes.ts';
import { makeRun, readRunInfo, runFolders } from './helpers/runs.ts';
import { Session } from './helpers/session.ts';

const HEALTHY = { maxSteps: 12, seed: 7 };

const session = new Session({}, (workspace) => {
  makeRun(workspace, 'sort.grpo.json', HEALTHY);
  const file = join(workspace, 'sort.grpo.json');
  // Two tokens are never the end of four digits; what is learned of them is too little for the model to become brief.
  const sick = { maxCompletionLength: 2, maxSteps: 4000, learningRate: 1e-7 };
  let config = readFileSync(file, 'utf8').replace('{', '{\n  "temperature": 0.6,');
  for (const [field, value] of Object.entries(sick))
    config = config.replace(new RegExp(`("${field}": )[^,\\n]+`), `$1${value}`);
  writeFileSync(file, config);
});

const CUT_OFF = 'Every completion is cut off';
const list = ({ frame }: Dashboard): Locator => frame.getByRole('list', { name: 'Findings' });
const row = (dashboard: Dashboard): Locator => list(dashboard).getByRole('listitem').filter({ hasText: CUT_OFF });
const configOf = (workspace: string) => readFileSync(join(workspace, 'sort.grpo.json'), 'utf8');

session.test('a healthy run shows no findings', async ({ editor, dashboard }) => {
  await editor.page.getByRole('tab', { name: 'GRPO Lab' }).click();
  await editor.treeItem('12/12').click();
  await dashboard.chart('reward').locator('canvas').waitFor();
  // The page is drawn, and so is what came with it.
  await dashboard.settledPicture();
  expect(await dashboard.frame.getByRole('region', { name: 'Findings' }).count()).toBe(0);
  await editor.screenshot('doctor-healthy');
});

session.test('a sick run shows what is wrong while it trains', async ({ editor, dashboard }) => {
  await editor.command('GRPO: Start Training');
  await editor.choose('sort');
  await row(dashboard).waitFor({ timeout: 60_000 });
  expect(await row(dashboard).innerText()).toMatch(/every completion was cut off at 2 tokens/);
  await editor.notification(/sort.*every completion was cut off/).waitFor();
  await editor.treeItem(CUT_OFF).waitFor();
  await editor.screenshot('doctor-training');
  // Once, however long it trains.
  await editor.clearNotifications();
  const step = await dashboard.step();
  await until('more steps', async () => (await dashboard.step()) > step + 20);
  await until('the row to follow them', async () => {
    const [, last] = /1–(\d+)/.exec(await row(dashboard).innerText())!;
    return Number(last) > step;
  });
  expect(await editor.page.locator('.notification-list-item').count()).toBe(0);
  // A row that changes with every step closes its hover. The tooltip's spaces do not break.
  await dashboard.button('Pause').click();
  await dashboard.button('Resume').waitFor();
  await editor.hover(editor.treeItem(CUT_OFF), /In\ssteps\s1\sto\s\d+,\severy\scompletion/);
});

session.test('its links lead to the curve and to the completions of the step', async ({ editor, dashboard }) => {
  await row(dashboard).getByRole('button', { name: 'Completion length' }).click();
  const slider = dashboard.frame.getByRole('slider', { name: /^Completion length/ });
  await until('the curve to have the focus', () => slider.evaluate((element) => element === document.activeElement));
  const box = (await slider.boundingBox())!;
  await editor.page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
  await dashboard.chart('length').locator('.found').filter({ hasText: CUT_OFF }).waitFor();
  await editor.screenshot('doctor-shaded');
  const steps = row(dashboard).getByRole('button', { name: /^Steps 1–\d+$/ });
  await steps.click();
  await dashboard.frame.getByRole('tab', { name: 'Rollouts', selected: true }).waitFor();
  await dashboard.frame.locator('.group-row').first().waitFor();
  const shown = Number(await dashboard.frame.getByRole('spinbutton', { name: 'Step' }).inputValue());
  expect(shown).toBeGreaterThan(20);
  await dashboard.show('Overview');
});

session.test('a finding can be dismissed for the run, and restored', async ({ editor, dashboard, server }) => {
  await row(dashboard)
    .getByRole('button', { name: /^Dismiss/ })
    .click();
  await row(dashboard).waitFor({ state: 'hidden' });
  const folder = runFolders(server.workspace).at(-1)!;
  const about = JSON.parse(readFileSync(join(folder, 'about.json'), 'utf8')) as { dismissed: string[] };
  expect(about.dismissed).toEqual([expect.stringMatching(/^all-truncated/)]);
  await until('the row of the run to be quiet', async () => (await editor.treeItem(CUT_OFF).count()) === 0);
  await dashboard.frame.getByRole('button', { name: '1 dismissed' }).click();
  await row(dashboard)
    .getByRole('button', { name: /^Restore/ })
    .click();
  await row(dashboard)
    .getByRole('button', { name: /^Dismiss/ })
    .waitFor();
  expect(await violations(dashboard)).toEqual([]);
  for (const theme of ['dark', 'light'] as const) {
    await editor.setTheme(theme);
    for (const width of [1440, 1000, 520]) {
      await editor.page.setViewportSize({ width, height: 900 });
      await editor.screenshot(`doctor-${theme}-${width}`);
    }
  }
  await editor.page.setViewportSize({ width: 1440, height: 900 });
});

session.test('its button changes the config and starts again', async ({ dashboard, server }) => {
  await dashboard.button('Resume').click();
  await dashboard.state.filter({ hasText: 'running' }).waitFor();
  const before = runFolders(server.workspace);
  await row(dashboard).getByText('Set "maxCompletionLength" to 128 and Start Again').click();
  await until('another run', () => runFolders(server.workspace).length > before.length, 60_000);
  expect(configOf(server.workspace)).toContain('"maxCompletionLength": 128');
  const folder = runFolders(server.workspace).at(-1)!;
  await until('its config', () => readRunInfo(folder).config.maxCompletionLength === 128);
  await until('the old run to be stopped', () => readRunInfo(before.at(-1)!).state === 'stopped');
});

session.test('a recorded run keeps its findings; a better value in the config is not replaced unasked', async (all) => {
  const { editor, dashboard, server } = all;
  await until('the new run in sight', async () => (await dashboard.step()) > 0);
  await dashboard.button('Stop').click();
  await dashboard.state.filter({ hasText: 'stopped' }).waitFor();
  await editor.clearNotifications();
  const file = join(server.workspace, 'sort.grpo.json');
  writeFileSync(file, configOf(server.workspace).replace('"maxCompletionLength": 128', '"maxCompletionLength": 16'));
  const sick = runFolders(server.workspace)[1]!;
  const { step } = readRunInfo(sick);
  await editor.treeItem(new RegExp(`(^|\\D)${step}/4000`)).click();
  await row(dashboard).waitFor();
  await row(dashboard).getByText('Set "maxCompletionLength" to 128 and Start Again').click();
  const question = editor.page.locator('.monaco-dialog-box');
  await question.getByText('"maxCompletionLength" is 16 in the file, and was 2 in this run.').waitFor();
  await question.getByRole('button', { name: 'Cancel' }).click();
  expect(configOf(server.workspace)).toContain('"maxCompletionLength": 16');
});
