import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { until } from './helpers/processes.ts';
import { readRunInfo, runFolders } from './helpers/runs.ts';
import { Session } from './helpers/session.ts';

/** As many as the held-out reward needs to rise. */
const STEPS = 30;

const session = new Session({}, () => setConfig('maxSteps', STEPS));

const trainer = () => session.server.processes('trainer.js')[0];
const configFile = () => join(session.server.workspace, 'sort.grpo.json');
const setConfig = (field: string, value: number) => {
  const text = readFileSync(configFile(), 'utf8');
  writeFileSync(configFile(), text.replace(new RegExp(`("${field}": )[^,\\n]+`), `$1${value}`));
};

/** With the group of editors behind the name, where there are several. */
const dashboardTabs = () => session.editor.page.getByRole('tab', { name: /^sort(,|$)/ });

async function startSort(): Promise<void> {
  await session.editor.command('GRPO: Start Training');
  await session.editor.choose('sort');
}

session.test(
  'a run that starts is seen at once, and what it is doing; the focus stays',
  async ({ server, editor, dashboard }) => {
    await editor.openFile('sort.reward.ts');
    // What opens beside the text would close a list.
    await editor.page
      .getByText(/samples · mean/)
      .first()
      .waitFor();
    await startSort();
    const { pid } = await until('a trainer', trainer);
    // As if the model were a large one.
    process.kill(pid, 'SIGSTOP');
    try {
      await dashboard.state.filter({ hasText: 'starting' }).waitFor();
      const activity = dashboard.head.locator('.activity');
      await activity.filter({ hasText: /^Loading model( \d+ %)? · [2-9] s elapsed$/ }).waitFor();
      expect(runFolders(server.workspace)).toEqual([]);
      expect(await editor.page.evaluate(() => document.activeElement?.tagName)).not.toBe('IFRAME');
      await editor.statusItem(/sort: loading model/).waitFor();
      await editor.screenshot('starting-dark');
      await editor.setTheme('light');
      await editor.screenshot('starting-light');
      await editor.setTheme('dark');
    } finally {
      process.kill(pid, 'SIGCONT');
    }
    await dashboard.state.filter({ hasText: 'running' }).waitFor();
    await until('a step', async () => (await dashboard.step()) > 0);
    expect(await dashboardTabs().count()).toBe(1);
  },
);

session.test('the head says what the run comes to on held-out prompts', async ({ server, editor, dashboard }) => {
  const done = editor.notification(new RegExp(`sort.* is done after step ${STEPS}: held-out reward`));
  await done.waitFor({ timeout: 110_000 });
  const [run] = runFolders(server.workspace);
  const measured = readFileSync(join(run!, 'metrics.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => (JSON.parse(line) as { eval_reward?: number }).eval_reward)
    .filter((reward) => reward !== undefined);
  const [first, last] = [measured[0]!, measured.at(-1)!].map((reward) => reward.toFixed(2));
  expect(Number(last)).toBeGreaterThan(Number(first) + 1);
  expect(await done.innerText()).toContain(`held-out reward ${first} → ${last}.`);
  await dashboard.state.filter({ hasText: 'done' }).waitFor();
  const fact = dashboard.head.locator('.facts div').filter({ hasText: 'held-out reward' });
  await fact.filter({ hasText: `${first} → ${last}` }).waitFor();
  expect(Number(await dashboard.readout('reward', 'held-out').innerText())).toBeCloseTo(measured.at(-1)!, 2);
  await editor.screenshot('held-out');
  await editor.page.getByRole('tab', { name: 'GRPO Lab' }).click();
  const row = editor.treeItem(new RegExp(`sort.*${STEPS}/${STEPS}`));
  // Its spaces do not break.
  await editor.hover(row, new RegExp(`held-out\\sreward:\\s${first}\\s→\\s${last}`));
});

session.test(
  'asks before the first update when nothing can be learned: its completions are there to be read',
  async ({ server, editor, dashboard }) => {
    await editor.clearNotifications();
    setConfig('maxCompletionLength', 1);
    setConfig('maxSteps', 3);
    await startSort();
    const question = /sort.*: Nothing can be learned from the first step: all 128 completions were cut off at 1 token/;
    await editor.notification(question).waitFor();
    await dashboard.state.filter({ hasText: 'paused' }).waitFor();
    await dashboard.show('Rollouts');
    await dashboard.frame.locator('.groups .count').filter({ hasText: '16 groups' }).waitFor();
    expect(await dashboard.step()).toBe(0);
    await editor.screenshot('nothing-to-learn');
    await editor.setTheme('light');
    await editor.screenshot('nothing-to-learn-light');
    await editor.setTheme('dark');
    const run = runFolders(server.workspace).at(-1)!;
    await editor.answer(question, 'Train Anyway');
    await editor.notification(/sort.* is done after step 3\. Nothing was learned: no group of any step/).waitFor();
    await dashboard.state.filter({ hasText: 'done, nothing learned' }).waitFor();
    await editor
      .treeItem(/sort.*3\/3/)
      .locator('.codicon-warning')
      .waitFor();
    await editor.screenshot('nothing-learned');
    expect(readRunInfo(run).state).toBe('done');
  },
);

session.test('changes the config and starts again, in one click', async ({ server, editor, dashboard }) => {
  await editor.clearNotifications();
  await startSort();
  const question = /sort.*: Nothing can be learned from the first step/;
  const asked = await editor.notification(question).innerText();
  const [, length] = /Set "maxCompletionLength" to (\d+)\?/.exec(asked)!;
  const run = runFolders(server.workspace).at(-1)!;
  const count = runFolders(server.workspace).length;
  await editor.answer(question, 'Change and Restart');
  await editor.notification(/sort.* is done after step 3: held-out reward/).waitFor();
  expect(readFileSync(configFile(), 'utf8')).toContain(`"maxCompletionLength": ${length},\n`);
  expect(runFolders(server.workspace)).toHaveLength(count + 1);
  // The run that was stopped can still be read.
  expect(readRunInfo(run)).toMatchObject({ state: 'stopped', step: 0 });
  expect(existsSync(join(run, 'rollouts/step-000001.jsonl'))).toBe(true);
  // Its row moves when the run that took its place is done.
  await editor.treeItem(/^Running/).waitFor({ state: 'hidden' });
  await editor.treeItem(/sort.*0\/3/).click();
  await dashboard.show('Rollouts');
  await dashboard.frame.locator('.groups .count').filter({ hasText: '16 groups' }).waitFor();
  await dashboard.state.filter({ hasText: 'stopped' }).waitFor();
});

session.test(
  'a run that cannot start says why in its dashboard, and starts there',
  async ({ server, editor, dashboard }) => {
    await editor.clearNotifications();
    const model = join(server.workspace, 'models/tiny-sort');
    renameSync(model, `${model}-away`);
    await startSort();
    await dashboard.state.filter({ hasText: 'could not start' }).waitFor();
    await dashboard.head
      .locator('.reason')
      .filter({ hasText: /sort\.grpo\.json:\d+:\d+: .*tiny-sort/ })
      .waitFor();
    await editor.screenshot('could-not-start');
    renameSync(`${model}-away`, model);
    const runs = runFolders(server.workspace).length;
    await dashboard.button('Start Again').click();
    await until('its run', () => runFolders(server.workspace).length > runs);
    await dashboard.state.filter({ hasText: 'done' }).waitFor();
  },
);

session.test('one that is stopped while it loads leaves no dashboard behind', async ({ server, editor, dashboard }) => {
  await editor.clearNotifications();
  const runs = runFolders(server.workspace).length;
  const tabs = dashboardTabs();
  const before = await tabs.count();
  await startSort();
  const { pid } = await until('a trainer', trainer);
  process.kill(pid, 'SIGSTOP');
  await dashboard.state.filter({ hasText: 'starting' }).waitFor();
  await dashboard.button('Stop').click();
  // Killed before the click has arrived, it would be one that died.
  await editor.statusItem(/sort .*(finishing the step|ending)/).waitFor();
  process.kill(pid, 'SIGKILL');
  await until('the trainer to be gone', () => !trainer());
  await until('its panel to be gone', async () => (await tabs.count()) === before);
  expect(runFolders(server.workspace)).toHaveLength(runs);
});

session.test(
  'a window that is reloaded while the run loads shows no dashboard of it',
  async ({ server, editor, dashboard }) => {
    await editor.clearNotifications();
    const runs = runFolders(server.workspace).length;
    const before = await dashboardTabs().count();
    await startSort();
    const { pid } = await until('a trainer', trainer);
    process.kill(pid, 'SIGSTOP');
    await dashboard.state.filter({ hasText: 'starting' }).waitFor();
    expect(await dashboardTabs().count()).toBe(before + 1);
    await editor.reload();
    process.kill(pid, 'SIGKILL');
    await until('the trainer to be gone', () => !trainer());
    await until('its panel to be gone', async () => (await dashboardTabs().count()) === before);
    expect(runFolders(server.workspace)).toHaveLength(runs);
    // A window that is closed before its extensions have started leaves their process to wait for it.
    await editor
      .treeItem(/sort.*3\/3/)
      .first()
      .waitFor();
  },
);
