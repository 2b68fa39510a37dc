import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { ASSISTANT, Assistant } from './helpers/assistant.ts';
import type { Dashboard } from './helpers/dashboard.ts';
import { RewardPreviews } from './helpers/previews.ts';
import { until } from './helpers/processes.ts';
import { makeRun, runFolders } from './helpers/runs.ts';
import { Session } from './helpers/session.ts';

const session = new Session(
  { trust: true, beside: ASSISTANT, settings: { 'security.workspace.trust.startupPrompt': 'never' } },
  (workspace) => {
    makeRun(workspace, 'sort.grpo.json', { maxSteps: 4 });
    // What was cloned with its runs may name any file.
    const config = join(workspace, 'sort.grpo.json');
    const text = readFileSync(config, 'utf8');
    writeFileSync(config, text.replace('"rewards"', '"samples": "../.bashrc", "rewards"'));
  },
);

/** Presses both buttons that keep a completion, and reads what became of it. */
async function keepFirst({ frame }: Dashboard, said: RegExp): Promise<void> {
  const card = frame.locator('article.completion').first();
  for (const name of ['Add to Samples', 'Save as Expected Score']) {
    await card.getByRole('button', { name }).click();
    await card.getByRole('status').filter({ hasText: said }).waitFor();
  }
}

const why = /Training is off in Restricted Mode because it runs this workspace's reward functions/;

session.test('in Restricted Mode training does not start, and the reason is shown', async ({ editor, server }) => {
  await editor.command('GRPO: Start Training');
  await editor.notification(why).waitFor();
  expect(server.processes('trainer.js')).toEqual([]);
  expect(server.processes('reward-worker')).toEqual([]);
  await editor.page.getByRole('tab', { name: 'GRPO Lab' }).click();
  await editor.page
    .locator('.sidebar')
    .getByText(/Restricted Mode: you can read runs but not start them/)
    .waitFor();
  await editor.screenshot('restricted');
});

session.test('runs can be read', async ({ editor, dashboard }) => {
  await editor.treeItem('4/4').click();
  await until('the curve to be drawn', async () => (await dashboard.drawnPixels('reward')) > 100);
  await dashboard.show('Rollouts');
  await dashboard.frame.locator('.group-row').first().waitFor();
});

session.test('they are not renamed', async ({ editor, dashboard, server }) => {
  await dashboard.head.getByRole('button', { name: 'sort' }).press('Enter');
  const field = dashboard.head.getByRole('textbox', { name: 'Name of the run' });
  await field.fill('mine');
  await field.press('Enter');
  await editor.notification(/cannot be changed in Restricted Mode: trust this workspace first/).waitFor();
  await dashboard.head.getByRole('button', { name: 'sort' }).waitFor();
  expect(existsSync(join(runFolders(server.workspace)[0]!, 'about.json'))).toBe(false);
  await editor.clearNotifications();
});

session.test('their completions are not added to a file', async ({ editor, dashboard, server }) => {
  await dashboard.frame.locator('.group-row').first().click();
  await keepFirst(dashboard, /^Samples cannot be added in Restricted Mode: trust this workspace first\.$/);
  await editor.screenshot('restricted-samples');
  expect(existsSync(join(server.folder, '.bashrc'))).toBe(false);
  await dashboard.closeGroup();
});

session.test('their completions are not scored again, and none are generated', async (all) => {
  const { editor, dashboard, server } = all;
  await dashboard.frame.getByRole('button', { name: 'Rescored' }).click();
  await dashboard.frame.getByRole('button', { name: 'Rescore Run' }).click();
  await editor.notification(/Rescoring is off in Restricted Mode/).waitFor();
  await editor.command('GRPO: Generate Samples');
  await editor.notification(/Generating samples is off in Restricted Mode/).waitFor();
  expect([...server.processes('grpo.js'), ...server.processes('reward-worker')]).toEqual([]);
});

session.test('a checkpoint answers, unscored', async ({ editor, dashboard, server }) => {
  const { frame } = dashboard;
  await dashboard.show('Checkpoints');
  await frame.getByText('unscored, because rewards do not run in Restricted Mode').waitFor();
  await frame.getByRole('button', { name: 'Try Step 4' }).click();
  await frame.getByRole('textbox', { name: 'Prompt' }).fill('Sort 4 3 2 1:');
  await editor.page.keyboard.press('Enter');
  await frame
    .getByRole('article', { name: 'Step 4' })
    .getByText(/\d tokens/)
    .waitFor();
  expect(server.processes('chat.js').length).toBe(1);
  expect(server.processes('reward-worker')).toEqual([]);
  await frame.getByRole('button', { name: 'Unload Models' }).click();
  await until('the process to be gone', async () => server.processes('chat.js').length === 0);
  await dashboard.show('Rollouts');
});

session.test('models are listed, and no terminal opens for them', async ({ editor }) => {
  await editor.command('GRPO: Get Model');
  await editor.choose('SmolLM2-135M-Instruct');
  await editor.notification(/The terminal is off in Restricted Mode/).waitFor();
});

session.test('neither TensorFlow nor TRL is set up', async ({ editor, server }) => {
  await editor.command('GRPO: Set Up TensorFlow Engine');
  await editor.command('GRPO: Set Up TRL');
  // There are more by now than VS Code shows by itself.
  await editor.command('Notifications: Show Notifications');
  await editor.notification(/Setting up TensorFlow is off in Restricted Mode/).waitFor();
  await editor.notification(/Setting up TRL is off in Restricted Mode/).waitFor();
  await editor.clearNotifications();
  expect(server.processes('grpo.js')).toEqual([]);
});

session.test('an assistant reads runs, and is told why it may do no more', async ({ editor, server }) => {
  const assistant = new Assistant(server.workspace);
  expect((await assistant.call('list_runs', {})).text).toMatch(/ sort: done, step 4 of 4/);
  for (const [name, input] of [
    ['score_samples', { target: 'sort.grpo.json' }],
    ['start_training', { config: 'sort.grpo.json' }],
  ] as const)
    expect((await assistant.call(name, input)).error).toMatch(
      / is off in Restricted Mode because .* trust the workspace/,
    );
  expect(await editor.page.locator('.monaco-dialog-box').count()).toBe(0);
  for (const script of ['grpo.js', 'trainer.js', 'reward-worker']) expect(server.processes(script)).toEqual([]);
});

session.test('configs can be edited, and their lens says what training needs', async ({ editor, server }) => {
  await editor.openFile('sort.grpo.json');
  await editor.page.getByText('Training runs reward functions: trust this workspace first').waitFor();
  expect(server.processes('trainer.js')).toEqual([]);
  await editor.screenshot('restricted-config');
});

session.test('rewards and samples can be read, and a lens says what previews need', async ({ editor, server }) => {
  await editor.openFile('sort.samples.jsonl');
  await editor.page.locator('.editor-instance .view-line', { hasText: '7 2 2 5' }).first().waitFor();
  await editor.openFile('sort.reward.ts');
  await editor.page.getByText('Previews run the reward functions: trust this workspace first').waitFor();
  expect(server.processes('preview.js')).toEqual([]);
  expect(server.processes('reward-worker')).toEqual([]);
});

session.test('samples can be read as a list, and not be edited', async ({ editor, server }) => {
  await editor.openFile('sort.samples.jsonl');
  await editor.page.getByRole('button', { name: /^Open as List/ }).click();
  const list = new RewardPreviews(editor).view;
  await list.locator('.entry.sample', { hasText: '7 2 2 5' }).click();
  await list.getByText('Restricted Mode: samples can be read, but not edited').waitFor();
  await list.locator('.value', { hasText: '7 2 2 5' }).click();
  for (const key of ['Enter', 'Delete']) await list.getByRole('listbox').press(key);
  await list.locator('.entry.sample', { hasText: '7 2 2 5' }).waitFor();
  expect(await list.locator('textarea:visible').count()).toBe(0);
  for (const name of ['Add Sample', 'Duplicate', 'Edit completion'])
    expect(await list.getByRole('button', { name }).count(), name).toBe(0);
  await editor.screenshot('restricted-samples-list');
  expect(server.processes('preview.js')).toEqual([]);
});

session.test('once the workspace is trusted, training starts', async ({ editor, dashboard }) => {
  await editor.command('Workspaces: Manage Workspace Trust');
  await editor.page.getByRole('button', { name: 'Trust', exact: true }).click();
  await editor.page.locator('.statusbar-item', { hasText: 'Restricted Mode' }).waitFor({ state: 'hidden' });
  await editor.page
    .locator('.monaco-modal-editor-block')
    .getByRole('button', { name: /^Close/ })
    .click();
  await editor.command('GRPO: Start Training');
  await editor.choose('sort');
  await dashboard.state.filter({ hasText: 'running' }).waitFor();
  // The next test reads what its first step wrote.
  await until('the first step', async () => (await dashboard.step()) > 0);
  await dashboard.button('Stop').click();
  await editor.notification(/sort.* stopped after step \d+/).waitFor();
});

session.test('nor does a trusted one have text added to a file outside of it', async (all) => {
  const { editor, dashboard, server } = all;
  await dashboard.show('Rollouts');
  await dashboard.frame.locator('.group-row').first().click();
  await keepFirst(dashboard, /\.bashrc is outside the workspace, so it was not written\.$/);
  await editor.command('GRPO: Generate Samples');
  await editor.choose('sort');
  await editor.notification(/\.bashrc is outside the workspace/).waitFor();
  expect(existsSync(join(server.folder, '.bashrc'))).toBe(false);
});
