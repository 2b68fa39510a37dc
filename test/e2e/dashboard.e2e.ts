import { join } from 'node:path';
import { expect } from 'vitest';
import { violations } from './helpers/axe.ts';
import { type Theme, themes } from './helpers/editor.ts';
import { until } from './helpers/processes.ts';
import { makeRun, runFolders } from './helpers/runs.ts';
import { saveAs } from './helpers/save-dialog.ts';
import { Session } from './helpers/session.ts';

const session = new Session({}, (workspace) => {
  makeRun(workspace, 'sort.grpo.json', { maxSteps: 8, saveSteps: 4 });
  makeRun(workspace, 'sort.grpo.json', { maxSteps: 4, learningRate: 0.0001 });
});

session.test('opens a run from the view, with its checkpoints under it', async ({ editor, dashboard }) => {
  await editor.page.getByRole('tab', { name: 'GRPO Lab' }).click();
  await editor.treeItem('8/8').click();
  await dashboard.state.filter({ hasText: 'done' }).waitFor();
  await until('the curve to be drawn', async () => (await dashboard.drawnPixels('reward')) > 100);
  await editor.treeItem('8/8').locator('.monaco-tl-twistie').click();
  await editor.treeItem('step-000008').waitFor();
  await editor.treeItem('step-000004').waitFor();
});

for (const theme of Object.keys(themes) as Theme[])
  session.test(`axe finds nothing wrong: ${theme}`, async ({ editor, dashboard }) => {
    const { frame } = dashboard;
    await editor.setTheme(theme);
    await dashboard.show('Overview');
    await until('the curve to be drawn in this theme', async () => (await dashboard.drawnPixels('reward')) > 100);
    await editor.screenshot(`dashboard-${theme}`);
    const table = frame.getByRole('button', { name: 'Table of Reward' });
    await table.click();
    await frame.getByRole('table', { name: 'Reward' }).waitFor();
    expect(await violations(dashboard), 'curves and a table').toEqual([]);
    await table.click();

    await dashboard.show('Rollouts');
    await frame.locator('.group-row').first().waitFor();
    expect(await violations(dashboard), 'groups').toEqual([]);

    await frame.locator('.group-row').first().click();
    await frame.getByRole('region', { name: /Completions of group/ }).waitFor();
    expect(await violations(dashboard), 'an open group').toEqual([]);
    await editor.screenshot(`dashboard-${theme}-group`);
    await dashboard.closeGroup();

    await frame.getByRole('button', { name: 'Rescored' }).click();
    await frame.getByRole('button', { name: /^Rescore (Run|Again)$/ }).click();
    await frame.getByText('advantages change sign').waitFor();
    expect(await violations(dashboard), 'rescored steps').toEqual([]);
    await frame.getByRole('button', { name: 'Step 8' }).click();
    await frame.locator('.rescored-group summary').first().click();
    await frame.locator('.rescored-group article').first().waitFor();
    expect(await violations(dashboard), 'a rescored step').toEqual([]);
    await editor.screenshot(`dashboard-${theme}-rescored`);
    await frame.getByRole('button', { name: 'All steps' }).click();
    await frame.getByRole('button', { name: 'Recorded' }).click();

    await dashboard.show('Compare');
    await frame.getByRole('checkbox').check();
    await frame.getByRole('row', { name: /^learningRate/ }).waitFor();
    expect(await violations(dashboard), 'comparison').toEqual([]);
    await editor.screenshot(`dashboard-${theme}-compare`);
    await frame.getByRole('checkbox').uncheck();
  });

session.test('a panel that was hidden comes back as it was', async ({ editor, dashboard }) => {
  await editor.setTheme('dark');
  await dashboard.show('Overview');
  const before = await dashboard.settledPicture();
  await editor.openFile('sort.grpo.json');
  await editor.page.getByRole('tab', { name: 'sort', exact: true }).click();
  await dashboard.state.filter({ hasText: 'done' }).waitFor();
  const after = await dashboard.settledPicture();
  expect(after.text).toBe(before.text);
  expect(after.charts).toEqual(before.charts);
});

session.test('everything is reached with the keyboard', async ({ editor, dashboard }) => {
  const { frame } = dashboard;
  await frame.getByRole('tab', { name: 'Compare' }).focus();
  await editor.page.keyboard.press('ArrowLeft');
  const list = frame.getByRole('grid', { name: 'Groups' });
  await list.focus();
  await editor.page.keyboard.press('ArrowDown');
  await editor.page.keyboard.press('Enter');
  await frame.getByRole('region', { name: /Completions of group/ }).waitFor();
  await editor.page.keyboard.press('Escape');
  await list.waitFor();
  await dashboard.show('Overview');
  // From the head to the last chart, Tab meets every button there is.
  const slider = frame.getByRole('slider', { name: /^Reward/ });
  await slider.focus();
  await editor.page.keyboard.press('Home');
  await frame
    .locator('[role=status]')
    .filter({ hasText: /^Step 0: mean –.*held-out \d/ })
    .waitFor();
  // What was measured before the first step has no completions: those of the first one are shown.
  await editor.page.keyboard.press('Enter');
  await until(
    'step 1 to be chosen',
    async () => (await frame.getByRole('spinbutton', { name: 'Step' }).inputValue()) === '1',
  );
});

session.test('saves a chart as CSV, SVG and PNG', async ({ editor, dashboard, server }) => {
  const { frame } = dashboard;
  await dashboard.show('Overview');
  const save = (kind: 'csv' | 'svg' | 'png') =>
    saveAs(editor, join(server.workspace, `reward.${kind}`), async () => {
      await frame.getByRole('button', { name: 'Save Reward' }).click();
      await frame.getByRole('button', { name: kind.toUpperCase(), exact: true }).click();
    });
  expect((await save('csv')).toString()).toMatch(/^run,step,mean,.*held-out\r\nsort,0,/);
  expect((await save('svg')).toString()).toMatch(/^<svg[\s\S]*<path/);
  expect((await save('png')).subarray(1, 4).toString()).toBe('PNG');
});

session.test('deletes a run when that is confirmed', async ({ editor, server }) => {
  const before = runFolders(server.workspace);
  await editor.command('GRPO: Delete Run');
  await editor.choose('4/4');
  // A server has no trash.
  await editor.page.getByRole('dialog').getByRole('button', { name: 'Delete Permanently' }).click();
  await until('the run to be gone', () => runFolders(server.workspace).length === before.length - 1);
});
