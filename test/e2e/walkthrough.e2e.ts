/** The walkthrough, followed as it says: a step is ticked when it was done, not when it was asked for. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { until } from './helpers/processes.ts';
import { makeRun } from './helpers/runs.ts';
import { Session } from './helpers/session.ts';

const session = new Session({}, (workspace) => {
  makeRun(workspace, 'sort.grpo.json', { maxSteps: 4 });
});

const steps = () => session.editor.page.locator('.getting-started-step');

/** Titles of the steps that are ticked; the walkthrough is the editor in sight. */
const ticked = (): Promise<string[]> =>
  steps()
    .filter({ has: session.editor.page.locator('.codicon-getting-started-step-checked') })
    .locator('.step-title')
    .allInnerTexts();

async function showWalkthrough(): Promise<void> {
  const { editor } = session;
  await editor.command('Welcome: Open Walkthrough...');
  await editor.choose('Train your first reward');
  await steps().filter({ hasText: 'Preview the reward' }).waitFor();
}

async function expectTicked(...titles: string[]): Promise<void> {
  await showWalkthrough();
  await until(`these steps to be ticked: ${titles.join(', ')}`, async () => (await ticked()).join() === titles.join());
}

session.test('opens, with the steps done that the open sample is', async ({ editor }) => {
  await expectTicked('Open the sample workspace', 'Trust the folder');
  await editor.page
    .frameLocator('iframe.webview.ready:visible')
    .frameLocator('#active-frame')
    .getByRole('heading')
    .first()
    .waitFor();
  await editor.screenshot('walkthrough');
});

session.test('its button opens the reward, whose scores tick that step', async ({ editor }) => {
  await steps().filter({ hasText: 'Preview the reward' }).click();
  await editor.page.getByRole('button', { name: 'Open Reward File' }).click();
  await editor.page.getByRole('tab', { name: 'sort.reward.ts' }).waitFor();
  await editor.page
    .getByText(/samples · mean/)
    .first()
    .waitFor();
  await expectTicked('Open the sample workspace', 'Trust the folder', 'Preview the reward');
  await editor.screenshot('walkthrough-reward');
});

session.test('a training that is stopped is not a finished one', async ({ editor, dashboard }) => {
  await editor.command('GRPO: Start Training');
  await editor.choose('sort');
  await dashboard.state.filter({ hasText: 'running' }).waitFor();
  await dashboard.button('Stop').click();
  await editor.notification(/sort.* stopped after step \d+/).waitFor();
  await expectTicked('Open the sample workspace', 'Trust the folder', 'Preview the reward');
});

session.test('a finished run, an opened group and a comparison tick the others', async (all) => {
  const { editor, dashboard, server } = all;
  const file = join(server.workspace, 'sort.grpo.json');
  writeFileSync(file, readFileSync(file, 'utf8').replace('"maxSteps": 100', '"maxSteps": 5'));
  await editor.command('GRPO: Start Training');
  await editor.choose('sort');
  await editor.notification(/sort.* is done after step 5/).waitFor();
  const trained = ['Open the sample workspace', 'Trust the folder', 'Preview the reward', 'Train the model'];
  await expectTicked(...trained);
  await editor.screenshot('walkthrough-trained');

  await editor.command('GRPO: Open Dashboard');
  await editor.choose('sort');
  await dashboard.show('Rollouts');
  await dashboard.frame.locator('.group-row').first().click();
  await expectTicked(...trained, 'Read what it writes');

  await editor.command('GRPO: Open Dashboard');
  await editor.choose('sort');
  await dashboard.show('Compare');
  await dashboard.frame.getByRole('checkbox').first().check();
  await showWalkthrough();
  await until('all six to be ticked', async () => (await ticked()).length === 6);
  expect(await steps().count()).toBe(6);
  await editor.screenshot('walkthrough-done');
});
