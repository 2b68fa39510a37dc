import { appendFileSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { until } from './helpers/processes.ts';
import { mean, readRewards, readRunInfo, runFolders } from './helpers/runs.ts';
import { Session } from './helpers/session.ts';

const session = new Session({}, () => setConfig('maxSteps', 50));

const trainer = () => session.server.processes('trainer.js')[0];
const setConfig = (field: string, value: number) => {
  const file = join(session.server.workspace, 'sort.grpo.json');
  const text = readFileSync(file, 'utf8');
  writeFileSync(file, text.replace(new RegExp(`("${field}": )[^,\\n]+`), `$1${value}`));
};

async function startSort(): Promise<void> {
  await session.editor.command('GRPO: Start Training');
  await session.editor.choose('sort');
}

session.test('nothing runs before the user asks for it', async ({ server, editor }) => {
  await editor.findCommand('GRPO: Start Training');
  await editor.page.keyboard.press('Escape');
  expect(server.processes('trainer.js')).toEqual([]);
  expect(server.processes('reward-worker')).toEqual([]);
});

session.test('starts training from the palette and draws the first point', async ({ server, editor, dashboard }) => {
  await editor.command('GRPO: Start Training');
  await editor.quickRow('sort').waitFor();
  const start = performance.now();
  await editor.choose('sort');
  await until(
    'a point of the reward',
    async () => /\d/.test(await dashboard.readout('reward', 'mean').innerText()),
    60_000,
  );
  await until('the curve to be drawn', () => dashboard.drawnPixels('reward').then((count) => count > 0));
  console.log(`first point on the reward curve: ${((performance.now() - start) / 1000).toFixed(1)} s`);
  expect(server.processes('trainer.js')).toHaveLength(1);
  await editor.screenshot('training-started');
});

session.test('shows the run in the status bar and in its view', async ({ editor }) => {
  await editor.statusItem(/sort \d+\/\d+ · reward/).waitFor();
  await editor.page.getByRole('tab', { name: 'GRPO Lab' }).click();
  // The next picture, which README shows, is without its tooltip.
  await editor.page.mouse.move(200, 500);
  await editor.treeItem('Running').waitFor();
  await editor.treeItem(/sort.*(reward|held-out)/).waitFor();
  await editor.screenshot('training-running');
});

session.test('the reward rises, and one notification says so', async ({ server, editor, dashboard }) => {
  await editor.notification(/sort.* is done after step \d+: held-out reward 3.* → 6/).waitFor({ timeout: 110_000 });
  await editor.screenshot('training-done');
  const [folder] = runFolders(server.workspace);
  expect(readRunInfo(folder!).state).toBe('done');
  const rewards = readRewards(folder!);
  const table = await dashboard.table('reward');
  // The table shows the newest steps: its "mean" is what the trainer wrote.
  expect(table.length).toBeGreaterThan(5);
  for (const [step, shown] of table) expect(shown).toBeCloseTo(rewards[step! - 1]!, 1);
  expect(table[0]![0]).toBe(rewards.length);
  expect(mean(rewards.slice(-10))).toBeGreaterThan(mean(rewards.slice(0, 10)) + 0.5);
  expect(await editor.page.locator('.notification-list-item').count()).toBe(1);
  await until('the trainer to be gone', () => !trainer());
  await editor.treeItem('Done').waitFor();
});

session.test('opens a group: completions from highest to lowest advantage', async ({ editor, dashboard }) => {
  await dashboard.show('Rollouts');
  const rows = dashboard.frame.locator('.group-row');
  await rows.first().waitFor();
  const count = await rows.count();
  expect(count).toBeGreaterThan(4);
  const step = dashboard.frame.getByRole('spinbutton', { name: 'Step' });
  await step.fill('3');
  await step.press('Enter');
  await dashboard.frame.locator('.group-row').first().click();
  const detail = dashboard.frame.getByRole('region', { name: /Completions of group/ });
  await detail.waitFor();
  const advantages = (await detail.locator('.advantage').allInnerTexts()).map((text) => Number(text.replace('−', '-')));
  // Equal completions have one card.
  const counts = await detail
    .locator('article.completion')
    .evaluateAll((cards) => cards.map((card) => Number(card.querySelector('.times')?.textContent?.slice(2) ?? 1)));
  expect(counts.reduce((sum, count) => sum + count, 0)).toBe(8);
  expect(advantages).toEqual(advantages.toSorted((a, b) => b - a));
  expect(await detail.innerText()).toMatch(/inclusion[\s\S]*extracted/);
  await editor.screenshot('group-open');
  await dashboard.closeGroup();
});

session.test('searches and filters groups', async ({ editor, dashboard }) => {
  const count = dashboard.frame.locator('.groups .count');
  await count.filter({ hasText: /^\d+ groups$/ }).waitFor();
  const title = await dashboard.frame.locator('.group-title').first().innerText();
  const search = dashboard.frame.getByRole('searchbox', { name: 'Search completions' });
  await search.fill(title);
  await count.filter({ hasText: /^\d+ of \d+ groups$/ }).waitFor();
  for (const text of await dashboard.frame.locator('.group-title').allInnerTexts()) expect(text).toContain(title);
  await search.fill('no prompt has this');
  await count.filter({ hasText: /^0 of \d+ groups$/ }).waitFor();
  await search.fill('');
  await dashboard.frame.getByRole('button', { name: 'Filter', exact: true }).click();
  const filter = dashboard.frame.getByRole('combobox', { name: 'Signal' });
  const signals = (kind: string) => dashboard.frame.locator(`.group-row .signal${kind}`).count();
  await filter.selectOption({ label: 'signal' });
  await until('groups without a signal to go', async () => (await signals('.none')) === 0);
  await filter.selectOption({ label: 'no signal' });
  await until('groups with a signal to go', async () => (await signals(':not(.none)')) === 0);
  await editor.screenshot('groups-filtered');
  await dashboard.frame.getByRole('button', { name: 'Clear Filters' }).click();
  await dashboard.frame.getByRole('button', { name: 'Filter', exact: true }).click();
  await count.filter({ hasText: /^\d+ groups$/ }).waitFor();
});

session.test('pauses and goes on, then stops with a checkpoint', async ({ server, editor, dashboard }) => {
  await editor.clearNotifications();
  setConfig('learningRate', 0.0001);
  setConfig('maxSteps', 100);
  appendFileSync(join(server.workspace, 'rewards/sort.reward.ts'), '// Not as it was.\n');
  await startSort();
  await dashboard.state.filter({ hasText: 'running' }).waitFor();
  await until('a few steps', async () => (await dashboard.step()) >= 3);
  await dashboard.button('Pause').click();
  await dashboard.button('Resume').waitFor();
  await dashboard.state.filter({ hasText: 'paused' }).waitFor();
  const paused = await dashboard.step();
  await dashboard.button('Resume').click();
  await until('steps after the pause', async () => (await dashboard.step()) >= paused + 2);
  await dashboard.button('Stop').click();
  await editor.notification(/sort.* stopped after step \d+, with a checkpoint/).waitFor();
  await editor.screenshot('stopped');
  await until('the trainer to be gone', () => server.processes('trainer.js').length === 0);
  await until('the reward workers to be gone', () => server.processes('reward-worker').length === 0);
  const folder = runFolders(server.workspace).at(-1)!;
  const { state, step } = readRunInfo(folder);
  expect(state).toBe('stopped');
  expect(readdirSync(join(folder, 'checkpoints'))).toContain(`step-${String(step).padStart(6, '0')}`);
});

session.test('compares two runs: their curves, and in what they differ', async ({ editor, dashboard }) => {
  await dashboard.show('Compare');
  await dashboard.frame.getByRole('checkbox').check();
  const differences = dashboard.frame.getByRole('region', { name: 'Differences' });
  await differences.getByRole('row', { name: /^learningRate/ }).waitFor();
  expect(await differences.getByRole('row', { name: /^learningRate/ }).innerText()).toMatch(/0\.0001|1e-0?4/);
  await differences.getByRole('row', { name: /^rewards\/sort\.reward\.ts recorded differs/ }).waitFor();
  await differences.locator('.diff-line.removed', { hasText: '// Not as it was.' }).waitFor();
  await editor.screenshot('compared');
  await differences.getByRole('button', { name: /^Show Diff/ }).click();
  const diff = editor.page.getByRole('tab', { name: /^rewards\/sort\.reward\.ts: .* ↔ / });
  await diff.waitFor();
  await editor.page.locator('.editor-instance').getByText('// Not as it was.').first().waitFor();
  await editor.screenshot('compared-rewards');
  await editor.command('View: Close Editor');
  await diff.waitFor({ state: 'detached' });
});

session.test(
  'a run that is no longer as it was recorded is resumed as it is told',
  async ({ server, editor, dashboard }) => {
    await editor.clearNotifications();
    const folder = runFolders(server.workspace).at(-1)!;
    const stopped = readRunInfo(folder);
    setConfig('learningRate', 0.001);
    const dialog = editor.page.getByRole('dialog').filter({ hasText: 'learningRate 0.0001 → 0.001' });
    await editor.command('GRPO: Resume from Checkpoint');
    await editor.screenshot('resume-differences');
    await dialog.getByRole('button', { name: 'Cancel' }).click();
    await until('the trainer to be gone', () => !trainer());
    expect(readRunInfo(folder)).toEqual(stopped);

    await editor.command('GRPO: Resume from Checkpoint');
    await dialog.getByRole('button', { name: 'Continue as Recorded' }).click();
    await dashboard.state.filter({ hasText: 'running' }).waitFor();
    await until('a step', () => readRunInfo(folder).step > stopped.step);
    await dashboard.button('Stop').click();
    await editor.notification(/sort.* stopped after step \d+, with a checkpoint/).waitFor();
    const { config, changes } = readRunInfo(folder);
    expect([config.learningRate, changes]).toEqual([0.0001, undefined]);
    setConfig('learningRate', 0.0001);
  },
);

session.test('zooms with the keyboard', async ({ dashboard }) => {
  await dashboard.show('Overview');
  const slider = dashboard.frame.getByRole('slider', { name: /^Reward/ });
  await slider.focus();
  await slider.press('ArrowLeft');
  const live = dashboard.frame.locator('[aria-live=polite][role=status].visually-hidden').first();
  await live.filter({ hasText: /Step \d+: mean/ }).waitFor();
  await slider.press('+');
  const steps = await dashboard.frame.getByText(/^Steps \d+ to \d+$/).innerText();
  // Half of the longer run, which is laid over this one.
  expect(Number(steps.split(' ').at(-1))).toBeGreaterThan(await dashboard.step());
});

session.test(
  'a reloaded window stops the run, shows the same picture, and offers to go on',
  async ({ server, editor, dashboard }) => {
    await editor.answer(/sort.* stopped after step/, 'Resume');
    await dashboard.state.filter({ hasText: 'running' }).waitFor();
    const folder = runFolders(server.workspace).at(-1)!;
    const first = readRunInfo(folder).step;
    await until('steps', async () => (await dashboard.step()) > first + 1);
    await editor.reload();
    await until('the trainer to have stopped', () => server.processes('trainer.js').length === 0);
    await editor.notification(/sort.* stopped after step \d+ because the window closed/).waitFor();
    await dashboard.state.filter({ hasText: 'stopped' }).waitFor();
    const { step } = readRunInfo(folder);
    expect(await dashboard.step()).toBe(step);
    const before = await dashboard.settledPicture();
    expect(before.text, 'the zoom of the session before').toMatch(/Steps \d+ to \d+/);
    await editor.screenshot('before-reload');
    await editor.reload();
    await dashboard.state.filter({ hasText: 'stopped' }).waitFor();
    const after = await dashboard.settledPicture();
    await editor.screenshot('after-reload');
    expect(after.text).toBe(before.text);
    expect(after.controls).toEqual(before.controls);
    expect(after.charts).toEqual(before.charts);
  },
);

session.test('a killed trainer: its end is told, and one click goes on', async ({ server, editor, dashboard }) => {
  await editor.clearNotifications();
  await editor.command('GRPO: Resume from Checkpoint');
  await dashboard.state.filter({ hasText: 'running' }).waitFor();
  const folder = runFolders(server.workspace).at(-1)!;
  const before = await dashboard.step();
  await until('a step', async () => (await dashboard.step()) > before);
  process.kill(trainer()!.pid, 'SIGKILL');
  await editor.notification(/sort.*: the trainer died after step \d+ \(signal SIGKILL\)/).waitFor();
  await dashboard.state.filter({ hasText: 'interrupted' }).waitFor();
  await editor.screenshot('killed');
  const died = readRunInfo(folder).step;
  await editor.answer(/the trainer died/, 'Resume');
  await dashboard.state.filter({ hasText: 'running' }).waitFor();
  await until('more steps than before', async () => (await dashboard.step()) > died);
});

session.test('a trainer that is dead to a stop is ended, and so are its reward workers', async ({ server, editor }) => {
  await editor.clearNotifications();
  process.kill(trainer()!.pid, 'SIGSTOP');
  await editor.command('GRPO: Stop Training');
  await editor.notification(/sort.* was ended after step \d+, without a new checkpoint/).waitFor({ timeout: 60_000 });
  await until('the trainer to be gone', () => !trainer());
  await until('the reward workers to be gone', () => server.processes('reward-worker').length === 0);
  await editor.answer(/sort.* was ended/, 'Resume');
  await until('another trainer', () => trainer() !== undefined);
});

session.test('debug information says where the trainer is', async ({ editor, dashboard }) => {
  await dashboard.state.filter({ hasText: 'running' }).waitFor();
  await editor.command('GRPO: Show Debug Information');
  // The editor breaks lines, and its spaces do not break.
  const words = 'training sort, running \\(running, \\w+ at step \\d+ of \\d+ for [\\d.]+ s, on cpu, \\d+ MiB\\)';
  const line = new RegExp(words.replaceAll(' ', '\\s+'));
  const text = editor.page.locator('.monaco-editor .view-lines');
  // It opens when every device was tried.
  await text.waitFor({ timeout: 60_000 });
  await until('the line', async () => line.test(await text.innerText()));
});

session.test('closing the window leaves no process behind', async ({ server, editor }) => {
  const folder = runFolders(server.workspace).at(-1)!;
  expect(server.processes('trainer.js')).toHaveLength(1);
  await editor.page.close();
  await until('the trainer to be gone', () => server.processes('trainer.js').length === 0, 60_000);
  await until('the reward workers to be gone', () => server.processes('reward-worker').length === 0);
  expect(['stopped', 'done']).toContain(readRunInfo(folder).state);
  expect(existsSync(join(folder, 'trainer.lock'))).toBe(false);
});
