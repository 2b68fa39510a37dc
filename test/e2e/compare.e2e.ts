/** Four short runs in the Compare tab: two seeds, one with an edited reward, and one as an earlier release left it. */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { expect } from 'vitest';
import { violations } from './helpers/axe.ts';
import type { Dashboard } from './helpers/dashboard.ts';
import { type Theme, themes } from './helpers/editor.ts';
import { until } from './helpers/processes.ts';
import { makeRun } from './helpers/runs.ts';
import { Session } from './helpers/session.ts';

const STEPS = { maxSteps: 6, evalSteps: 3, evalPrompts: 8, evalOnStart: true, saveSteps: 6 };

const session = new Session({}, (workspace) => {
  const reward = join(workspace, 'rewards/sort.reward.ts');
  const code = readFileSync(reward, 'utf8');
  const old = makeRun(workspace, 'sort.grpo.json', { ...STEPS, maxSteps: 3 });
  forget(old);
  makeRun(workspace, 'sort.grpo.json', { ...STEPS, seed: 1 });
  writeFileSync(reward, code.replace('return { score,', 'return { score: score + 1,'));
  // Two of its held-out prompts are others.
  const heldOut = join(workspace, 'data/sort.eval.jsonl');
  const rows = readFileSync(heldOut, 'utf8');
  writeFileSync(heldOut, rows.replace(/^.*\n.*\n/, ''));
  makeRun(workspace, 'sort.grpo.json', { ...STEPS, maxSteps: 5, seed: 1 });
  writeFileSync(reward, code);
  writeFileSync(heldOut, rows);
  makeRun(workspace, 'sort.grpo.json', { ...STEPS, seed: 2 });
});

/** Takes from a run what release 0.1 did not write. */
function forget(folder: string): void {
  const file = join(folder, 'run.json');
  const { inputs: _, rewardSources: __, ...info } = JSON.parse(readFileSync(file, 'utf8'));
  writeFileSync(file, JSON.stringify(info));
  rmSync(join(folder, 'evaluations'), { recursive: true });
}

const runs = (dashboard: Dashboard) => dashboard.frame.getByRole('region', { name: 'Runs', exact: true });
/** A run's row, by its number of steps. */
const runRow = (dashboard: Dashboard, steps: number) =>
  runs(dashboard)
    .locator('tbody tr:not(.own)')
    .filter({ has: dashboard.frame.locator('td', { hasText: new RegExp(`^${steps}$`) }) });
const differences = (dashboard: Dashboard) => dashboard.frame.getByRole('region', { name: 'Differences' });
const view = (dashboard: Dashboard, name: string) =>
  dashboard.frame.getByRole('group', { name: 'View' }).getByRole('button', { name, exact: true });

session.test('lists the runs with what came of them, this one first', async ({ editor, dashboard }) => {
  await editor.page.getByRole('tab', { name: 'GRPO Lab' }).click();
  await editor.treeItem('6/6').click();
  await dashboard.state.filter({ hasText: 'done' }).waitFor();
  await dashboard.show('Compare');
  const rows = runs(dashboard).locator('tbody tr');
  await until('four runs', async () => (await rows.count()) === 4);
  expect(await rows.first().innerText()).toContain('(this run)');
  await until('their results', async () => /done\s+5\s+\d\.\d+\s+\d\.\d+/.test(await runRow(dashboard, 5).innerText()));
  await editor.screenshot('compare-runs');
  // What its evaluation wrote is what the table says.
  await runs(dashboard).getByRole('button', { name: 'Steps' }).click();
  const steps = () => rows.locator('td:nth-child(3)').allInnerTexts();
  await expect.poll(steps).toEqual(['6', '6', '5', '3']);
  await runs(dashboard).getByRole('button', { name: 'Steps' }).click();
  await expect.poll(steps).toEqual(['6', '3', '5', '6']);
});

session.test('search finds runs, with the keyboard alone', async ({ editor, dashboard }) => {
  await dashboard.frame.getByRole('tab', { name: 'Compare' }).press('/');
  await dashboard.frame.locator('input[type=search]:focus').waitFor();
  await editor.page.keyboard.type('seed 1');
  const rows = runs(dashboard).locator('tbody tr');
  await until('fewer runs', async () => (await rows.count()) < 4);
  for (const row of await rows.all()) expect(await row.innerText()).toMatch(/this run|\s1\s/);
  await editor.page.keyboard.press('Escape');
  await until('all of them', async () => (await rows.count()) === 4);
});

session.test('shows in what an edited reward and other data differ', async ({ editor, dashboard }) => {
  await runRow(dashboard, 5).getByRole('checkbox').check();
  const region = differences(dashboard);
  await region.getByRole('row', { name: /^maxSteps 6 5/ }).waitFor();
  await region.getByRole('row', { name: /^rewards\/sort\.reward\.ts recorded differs/ }).waitFor();
  const heldOut = await region.getByRole('row', { name: /^held-out dataset/ }).innerText();
  // The file that it read is gone: its rows cannot be counted.
  expect(heldOut).toMatch(/sort\.eval\.jsonl · 64 rows · \w{8}\s+sort\.eval\.jsonl · \w{8} differs/);
  expect(await region.getByRole('row', { name: /^dataset/ }).count()).toBe(0);
  const diff = dashboard.frame.getByRole('region', { name: /^rewards\/sort\.reward\.ts: this run/ });
  await diff.waitFor();
  expect(await diff.locator('.removed .line-text').allInnerTexts()).toEqual([
    expect.stringContaining('return { score, extracted'),
  ]);
  expect(await diff.locator('.added .line-text').innerText()).toContain('return { score: score + 1, extracted');
  await editor.screenshot('compare-differences');

  await dashboard.frame.getByRole('button', { name: 'Show All Fields' }).click();
  await region.getByRole('row', { name: /^dataset .* identical/ }).waitFor();
  await region.getByRole('row', { name: /^learningRate/ }).waitFor();
  await editor.screenshot('compare-all-fields');
  await dashboard.frame.getByRole('button', { name: 'Show All Fields' }).click();

  await region.getByRole('button', { name: /^Show Diff/ }).click();
  const tab = editor.page.getByRole('tab', { name: /^rewards\/sort\.reward\.ts: .* ↔ / });
  await tab.waitFor();
  await tab.getByRole('button', { name: /^Close/ }).click();
  await tab.waitFor({ state: 'detached' });
  await dashboard.state.filter({ hasText: 'done' }).waitFor();
});

session.test('says what an earlier release did not record', async ({ editor, dashboard }) => {
  await runRow(dashboard, 3).getByRole('checkbox').check();
  const region = differences(dashboard);
  await region.getByRole('row', { name: /^reward code and data recorded recorded not recorded/ }).waitFor();
  await editor.screenshot('compare-old-run');
});

session.test('reads the completions of the same prompts side by side', async ({ editor, dashboard }) => {
  const { frame } = dashboard;
  await view(dashboard, 'Completions').click();
  await frame.getByText(/has no recorded completions of held-out prompts/).waitFor();
  await frame
    .getByText(
      /^6 held-out prompts in both \(2 more only in this run, 2 only in sort.*\): sort.* is better on \d, worse on \d; mean gain/,
    )
    .waitFor();
  await frame.getByRole('combobox', { name: 'Sort', exact: true }).selectOption('Largest gain first');
  const list = frame.getByRole('listbox', { name: 'Held-out prompts' });
  const gains = async () =>
    (await list.locator('.gain').allInnerTexts())
      .filter((text) => text !== '')
      .map((text) => Number(text.replace('−', '-')));
  await until('the largest gain first', async () => {
    const shown = await gains();
    return (
      shown.length === 6 &&
      isDeepStrictEqual(
        shown,
        shown.toSorted((a, b) => b - a),
      )
    );
  });
  const detail = frame.getByRole('region', { name: 'Completions side by side' });
  expect(await detail.locator('.side').count()).toBe(2);
  expect(await detail.innerText()).toMatch(
    /numbers[\s\S]*step 6 \(this run\)[\s\S]*inclusion[\s\S]*step 5[\s\S]*ordering/,
  );
  await editor.screenshot('compare-completions');
  // The last ones are those that only one of them has.
  await list.focus();
  await editor.page.keyboard.press('End');
  await detail.getByText('Does not have this prompt.').waitFor();

  await frame.getByRole('combobox', { name: 'Evaluation of this run' }).selectOption('before training');
  await detail.getByRole('heading', { name: /step 0 \(this run\)/ }).waitFor();
});

session.test('draws any metric, and seeds as their mean', async ({ editor, dashboard }) => {
  const { frame } = dashboard;
  await view(dashboard, 'Curves').click();
  await frame.getByRole('combobox', { name: 'Metric' }).selectOption('held-out reward');
  const legend = frame.getByRole('list', { name: 'Curves' });
  await until('three curves', async () => (await legend.getByRole('listitem').count()) === 3);
  expect(await legend.innerText()).toMatch(/\d/);
  await editor.screenshot('compare-curves');
  await frame.getByRole('button', { name: 'Add 1 Other Seed' }).click();
  await legend.getByText(/mean of 2 seeds/).waitFor();
  await legend.getByText('band: lowest to highest seed').waitFor();
  expect(await legend.getByRole('listitem').filter({ hasText: 'mean of 2 seeds' }).innerText()).toMatch(
    /\d \(\d.* to \d.*\)/,
  );
  await frame.getByRole('combobox', { name: 'X axis' }).selectOption('Tokens');
  const slider = frame.getByRole('slider', { name: 'Place under the cursor' });
  await slider.press('Home');
  await until('the place in tokens', async () =>
    /tokens: .*mean of 2 seeds/.test((await slider.getAttribute('aria-valuetext')) ?? ''),
  );
  await editor.screenshot('compare-seeds');
  await dashboard.show('Overview');
  await frame.locator('.overlay', { hasText: 'mean of 2 seeds' }).waitFor();
  await editor.screenshot('compare-seeds-overview');
  await dashboard.show('Compare');
});

session.test('what was chosen comes back after a reload', async ({ editor, dashboard }) => {
  const { frame } = dashboard;
  await editor.reload();
  await dashboard.state.filter({ hasText: 'done' }).waitFor();
  const legend = frame.getByRole('list', { name: 'Curves' });
  await legend.getByText(/mean of 2 seeds/).waitFor();
  expect(await frame.getByRole('combobox', { name: 'Metric' }).inputValue()).toBe('eval_reward');
  expect(await frame.getByRole('combobox', { name: 'X axis' }).inputValue()).toBe('tokens');
  expect(await runs(dashboard).getByRole('checkbox', { checked: true }).count()).toBe(3);
});

for (const theme of Object.keys(themes) as Theme[])
  session.test(`axe finds nothing wrong: ${theme}`, async ({ editor, dashboard }) => {
    await editor.setTheme(theme);
    for (const name of ['Differences', 'Curves', 'Completions']) {
      await view(dashboard, name).click();
      await until('the view', async () => (await view(dashboard, name).getAttribute('aria-pressed')) === 'true');
      expect(await violations(dashboard), name).toEqual([]);
      await editor.screenshot(`compare-${theme}-${name.toLowerCase()}`);
    }
  });

session.test('fits beside a side bar and in a narrow column', async ({ editor, dashboard }) => {
  await editor.setTheme('dark');
  for (const width of [1440, 1000, 520]) {
    await editor.page.setViewportSize({ width, height: 900 });
    if (width === 520) await editor.command('View: Toggle Primary Side Bar Visibility');
    for (const name of ['Differences', 'Curves', 'Completions']) {
      await view(dashboard, name).click();
      await editor.screenshot(`compare-${width}-${name.toLowerCase()}`);
    }
    const overflow = await dashboard.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    expect(overflow, `${width} px wide`).toBeLessThanOrEqual(0);
  }
});
