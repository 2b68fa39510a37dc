/** The Rollouts tab of a short run, in the real editor. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { violations } from './helpers/axe.ts';
import type { Dashboard } from './helpers/dashboard.ts';
import { type Theme, themes } from './helpers/editor.ts';
import { until } from './helpers/processes.ts';
import { makeRun, runFolders } from './helpers/runs.ts';
import { Session } from './helpers/session.ts';

const STEPS = 20;
const session = new Session({}, (workspace) => {
  makeRun(workspace, 'sort.grpo.json', { maxSteps: STEPS });
});

interface Row {
  step: number;
  group: number;
  prompt: string;
  completion: string;
  reward: number;
  advantage: number;
}
function recorded(workspace: string): Row[] {
  const folder = join(runFolders(workspace)[0]!, 'rollouts');
  return readdirSync(folder).flatMap((name) =>
    readFileSync(join(folder, name), 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Row),
  );
}
const region = ({ frame }: Dashboard) => frame.getByRole('region', { name: /^Completions of group/ });

session.test(
  'shows the groups of a step beside the open one, with the arithmetic of what was recorded',
  async (all) => {
    const { editor, dashboard, server } = all;
    const { frame } = dashboard;
    await editor.command('GRPO: Open Dashboard');
    await dashboard.state.filter({ hasText: 'done' }).waitFor();
    await dashboard.show('Rollouts');
    const grid = frame.getByRole('grid', { name: 'Groups' });
    await grid.waitFor();
    await region(dashboard).waitFor();
    const step = frame.getByRole('spinbutton', { name: 'Step' });
    await step.fill('3');
    await step.press('Enter');
    await frame.locator('.open-group').getByText('step 3', { exact: true }).waitFor();
    await frame.getByRole('columnheader', { name: 'Std. dev.' }).getByRole('button').click();
    // From the tab's heading down into its list.
    await frame.getByRole('tab', { name: 'Rollouts' }).press('2');
    await editor.page.keyboard.press('ArrowDown');
    await frame.locator('.group-list:focus').waitFor();
    await editor.page.keyboard.press('Home');
    const first = await frame.locator('.group-row').first().innerText();
    const group = Number(/^\d+/.exec(first)![0]);
    await frame.getByRole('heading', { name: `Group ${group}`, exact: true }).waitFor();
    const rows = recorded(server.workspace).filter((row) => row.step === 3 && row.group === group);
    const best = rows.toSorted((a, b) => b.advantage - a.advantage)[0]!;
    const shown = await region(dashboard).locator('.arithmetic').first().innerText();
    expect(shown).toContain(`= +${best.advantage.toFixed(2)}`);
    expect(shown).toMatch(/^\(\d[\d.]* − [\d.]+\) ÷ [\d.]+ = \+[\d.]+$/);
    const counts = await region(dashboard)
      .locator('article.completion')
      .evaluateAll((cards) => cards.map((card) => Number(card.querySelector('.times')?.textContent?.slice(2) ?? 1)));
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(rows.length);
    await editor.screenshot('rollouts-group');
  },
);

session.test('searches all steps, and opens a hit where it is', async ({ editor, dashboard, server }) => {
  const { frame } = dashboard;
  const rows = recorded(server.workspace);
  // One that was written once, early on.
  const target = rows.find(
    ({ completion, step }) => step < 4 && rows.filter((row) => row.completion.includes(completion)).length === 1,
  )!;
  await frame.getByRole('button', { name: 'All Steps' }).click();
  await editor.page.keyboard.press('/');
  await editor.page.keyboard.type(target.completion);
  await frame.getByText(`in ${STEPS} steps`).waitFor();
  const hit = frame.locator('.hit-row', { hasText: `Step ${target.step} · group ${target.group}` }).first();
  await hit.click();
  const card = region(dashboard).locator('article.found');
  await card.waitFor();
  expect(await card.locator('pre mark').first().innerText()).toContain(target.completion.trim());
  expect(await card.locator('pre').textContent()).toBe(target.completion);
  expect(await frame.getByRole('spinbutton', { name: 'Step' }).inputValue()).toBe(String(target.step));
  await editor.screenshot('rollouts-search');
});

session.test('comes back after a reload with the hit that was open', async ({ editor, dashboard }) => {
  const { frame } = dashboard;
  const before = await region(dashboard).locator('article.found pre').textContent();
  const hits = await frame.locator('.groups .count').innerText();
  await editor.reload();
  await region(dashboard).locator('article.found').waitFor();
  expect(await region(dashboard).locator('article.found pre').textContent()).toBe(before);
  await frame.getByText(hits, { exact: true }).waitFor();
});

session.test("collects a prompt's completions from the run, and copies one", async ({ editor, dashboard, server }) => {
  const { frame } = dashboard;
  await frame.getByRole('searchbox', { name: 'Search completions' }).fill('');
  await frame.getByRole('button', { name: 'This Step' }).click();
  await editor.page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
  const card = region(dashboard).locator('article').first();
  await card.getByRole('button', { name: 'Copy', exact: true }).click();
  await card.getByRole('button', { name: 'Copied' }).waitFor();
  expect(await editor.page.evaluate(() => navigator.clipboard.readText())).toBe(
    await card.locator('pre').first().textContent(),
  );
  const prompt = await region(dashboard).locator('.prompt').innerText();
  await frame.getByRole('button', { name: 'This Prompt in Other Steps' }).click();
  await frame.getByText(new RegExp(`of ${STEPS} in the run`)).waitFor();
  const steps = new Set(recorded(server.workspace).flatMap((row) => (row.prompt === prompt ? [row.step] : [])));
  const shown = frame.getByRole('table', { name: 'Steps with this prompt' }).locator('tbody tr');
  expect(await shown.count()).toBe(steps.size);
  await editor.screenshot('rollouts-prompt');
});

for (const theme of Object.keys(themes) as Theme[])
  session.test(`axe finds nothing wrong: ${theme}`, async ({ editor, dashboard }) => {
    const { frame } = dashboard;
    await editor.setTheme(theme);
    expect(await violations(dashboard), 'a prompt in other steps').toEqual([]);
    await frame.getByRole('button', { name: /^← Group/ }).click();
    await region(dashboard).waitFor();
    await frame.getByRole('button', { name: 'Diff Best and Worst' }).click();
    await frame.getByRole('button', { name: 'Filter', exact: true }).click();
    await editor.screenshot(`rollouts-${theme}`);
    expect(await violations(dashboard), 'a group, a diff, the filters').toEqual([]);
    await frame.getByRole('button', { name: 'All Steps' }).click();
    await frame.getByRole('searchbox', { name: 'Search completions' }).fill('1');
    await frame.locator('.hit-row').first().waitFor();
    expect(await violations(dashboard), 'hits').toEqual([]);
    await frame.getByRole('searchbox', { name: 'Search completions' }).fill('');
    await frame.getByRole('button', { name: 'This Step' }).click();
    await frame.getByRole('button', { name: 'Filter', exact: true }).click();
    await frame.getByRole('button', { name: 'This Prompt in Other Steps' }).click();
    await until('the prompt to be collected', () => frame.getByText(/in the run$/).isVisible());
  });
