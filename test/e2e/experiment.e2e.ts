/** An experiment of two settings and two seeds: its file is completed and checked, it is stopped, continued, and compared. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { violations } from './helpers/axe.ts';
import { until } from './helpers/processes.ts';
import { Session } from './helpers/session.ts';

const EXPERIMENT = `{
  "base": "sort.grpo.json",
  "set": { "maxSteps": 16, "promptsPerStep": 8, "saveSteps": 100 },
  "vary": { "learningRate": [1e-4, 1e-3] },
  "seeds": [1, 2]
}
`;

const session = new Session({}, (workspace) => {
  writeFileSync(join(workspace, 'rates.experiment.json'), EXPERIMENT);
  writeFileSync(join(workspace, 'wrong.experiment.json'), EXPERIMENT.replace('learningRate', 'learningRte'));
});

const runFolders = (workspace: string): string[] => readdirSync(join(workspace, '.grpo/runs')).sort();

session.test('fields of the run config are explained and checked in an experiment', async ({ editor }) => {
  await editor.openFile('rates.experiment.json');
  const line = (text: string) => editor.page.locator('.editor-instance .view-line').filter({ hasText: text });
  await editor.hover(line('learningRate').getByText('learningRate'), /learning rate/i);
  await editor.screenshot('experiment-hover');
  await editor.hover(line('maxSteps').getByText('maxSteps'), /training steps/);
  await editor.openFile('wrong.experiment.json');
  await editor.page.locator('.squiggly-warning, .squiggly-error').first().waitFor();
  await editor.command('View: Focus Problems');
  await editor.page
    .locator('.markers-panel')
    .getByText(/Expected a field of the run config/)
    .first()
    .waitFor();
});

session.test('what is wrong with it is at its place', async ({ editor, server }) => {
  await editor.command('GRPO: Run Experiment');
  await editor.choose('wrong');
  await editor.answer(/wrong could not be run: .*wrong\.experiment\.json:4:13: Unknown field "learningRte"/, 'Open');
  await editor.statusItem('Ln 4, Col 13').waitFor();
  await editor.command('View: Focus Problems');
  await editor.page
    .locator('.markers-panel .monaco-list-row')
    .filter({ hasText: /Unknown field "learningRte"\. Did you mean "learningRate"/ })
    .first()
    .waitFor();
  await editor.screenshot('experiment-problem');
  expect(server.processes('grpo.js')).toEqual([]);
});

session.test('it is stopped with a checkpoint, and says how it continues', async ({ editor, server }) => {
  await editor.clearNotifications();
  await editor.openFile('rates.experiment.json');
  const { page } = editor;
  // The panel has pushed it out of sight.
  await page.locator('.editor-instance .view-line', { hasText: '"seeds"' }).click();
  await page.keyboard.press('Control+Home');
  const lens = page.locator('.codelens-decoration a', { hasText: 'Run Experiment' });
  // A click is lost where lenses are just being drawn again.
  await until('the experiment to begin', async () => {
    await lens.click();
    const begun = editor.notification(/Experiment rates/).waitFor({ timeout: 10_000 });
    return begun.then(
      () => true,
      () => false,
    );
  });
  const progress = editor.notification(/Experiment rates: run 1 of 4: lr 1e-4 · seed 1, step \d of 16, reward/);
  await progress.waitFor({ timeout: 120_000 });
  // Its steps are so short that it would be done before a slow window has the click.
  const { pid } = server.processes('grpo.js train')[0]!;
  process.kill(pid, 'SIGSTOP');
  await editor.screenshot('experiment-progress');
  await progress.getByRole('button', { name: 'Cancel' }).click();
  await progress.waitFor({ state: 'hidden' });
  process.kill(pid, 'SIGCONT');
  await editor.notification(/rates: 0 of 4 runs are done\. Run it again to continue\./).waitFor({ timeout: 60_000 });
  await until('its processes to end', () => server.processes('grpo.js').length === 0);
  const [run, ...others] = runFolders(server.workspace);
  expect(others).toEqual([]);
  const info = JSON.parse(readFileSync(join(server.workspace, '.grpo/runs', run!, 'run.json'), 'utf8'));
  expect(info.state).toBe('stopped');
});

session.test('it continues, and its runs are compared by their curves, seeds as means', async (all) => {
  const { editor, server, dashboard } = all;
  await editor.clearNotifications();
  await editor.command('GRPO: Run Experiment');
  await editor.choose('rates');
  await editor
    .notification(/rates: 4 of 4 runs are done\. Highest held-out reward: lr 1e-3, \d\.\d\d ± \d\.\d\d/)
    .waitFor({ timeout: 240_000 });
  expect(runFolders(server.workspace)).toEqual([
    'rates-lr-1e-3-seed-1',
    'rates-lr-1e-3-seed-2',
    'rates-lr-1e-4-seed-1',
    'rates-lr-1e-4-seed-2',
  ]);
  const { frame } = dashboard;
  const group = frame.getByRole('button', { name: 'Group Seeds' });
  await until('seeds to be grouped', async () => (await group.getAttribute('aria-pressed')) === 'true');
  const means = frame.locator('.compare').getByText(/mean of 2 seeds/);
  await until('a mean for each setting', async () => (await means.count()) >= 2);
  await means.first().waitFor();
  await editor.screenshot('experiment-compare');
  expect(await violations(dashboard)).toEqual([]);
  await editor.page.getByRole('tab', { name: 'GRPO Lab' }).click();
  await editor.treeItem('#rates').first().waitFor();
  await editor.screenshot('experiment-runs');
});
