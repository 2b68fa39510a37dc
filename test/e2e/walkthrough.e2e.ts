/** The walkthrough, followed as it says: a step is ticked when it was done, not when it was asked for. */
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
  await steps().filter({ hasText: 'Read the reward' }).waitFor();
}

async function expectTicked(...titles: string[]): Promise<void> {
  await showWalkthrough();
  await until(`these steps to be ticked: ${titles.join(', ')}`, async () => (await ticked()).join() === titles.join());
}

session.test('opens, with its first step done where the sample is open', async ({ editor }) => {
  await expectTicked('Open the sample workspace');
  await editor.page
    .frameLocator('iframe.webview.ready:visible')
    .frameLocator('#active-frame')
    .getByRole('heading')
    .first()
    .waitFor();
  await editor.screenshot('walkthrough');
});

session.test('its button opens the reward, which ticks that step', async ({ editor }) => {
  await steps().filter({ hasText: 'Read the reward' }).click();
  await editor.page.getByRole('button', { name: 'Open Reward File' }).click();
  await editor.page.getByRole('tab', { name: 'sort.reward.ts' }).waitFor();
  await expectTicked('Open the sample workspace', 'Read the reward');
  await editor.screenshot('walkthrough-reward');
});

session.test('a training that was not started is none', async ({ editor }) => {
  await editor.command('GRPO: Start Training');
  await editor.quickRow('sort').waitFor();
  await editor.page.keyboard.press('Escape');
  await expectTicked('Open the sample workspace', 'Read the reward');
});

session.test('training, looking at the dashboard and comparing tick the others', async ({ editor, dashboard }) => {
  await editor.command('GRPO: Start Training');
  await editor.choose('sort');
  await dashboard.state.filter({ hasText: 'running' }).waitFor();
  await dashboard.frame.getByRole('heading', { name: 'sort' }).click();
  await editor.command('GRPO: Stop Training');
  await editor.notification(/sort.* stopped after step \d+/).waitFor();
  await expectTicked('Open the sample workspace', 'Read the reward', 'Start training', 'Watch it learn');

  await editor.page.getByRole('tab', { name: /^sort · steps 100/ }).click();
  await dashboard.show('Compare');
  await dashboard.frame.getByRole('checkbox').check();
  await showWalkthrough();
  await until('all five to be ticked', async () => (await ticked()).length === 5);
  expect(await steps().count()).toBe(5);
  await editor.screenshot('walkthrough-done');
});
