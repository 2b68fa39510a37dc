/** A completion token by token, in the dashboard of a real run with two passes over each rollout and a reference policy. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { violations } from './helpers/axe.ts';
import { type Theme, themes } from './helpers/editor.ts';
import { until } from './helpers/processes.ts';
import { makeRun } from './helpers/runs.ts';
import { Session } from './helpers/session.ts';

let folder = '';
const session = new Session({}, (workspace) => {
  folder = makeRun(workspace, 'sort.grpo.json', { maxSteps: 3, numIterations: 2, beta: 0.04 });
});

const readout = () => session.dashboard.frame.locator('.token-readout');

session.test('shows the tokens of the best completion, colored by what was recorded', async ({ editor, dashboard }) => {
  await editor.command('GRPO: Open Dashboard');
  await dashboard.show('Rollouts');
  await dashboard.frame.locator('.group-row').first().click();
  const card = dashboard.frame.locator('article.completion').first();
  await card.getByRole('button', { name: 'Tokens' }).click();
  const tokens = card.getByRole('group', { name: /^Tokens/ });
  await tokens.waitFor();

  const rows = readFileSync(join(folder, 'rollouts/step-000003.jsonl'), 'utf8').trim().split('\n');
  const group = rows.map((row) => JSON.parse(row)).filter((row) => row.group === 0);
  const best = group.toSorted((a, b) => b.advantage - a.advantage || b.reward - a.reward)[0];
  const spans = tokens.locator('.token');
  expect(await spans.count()).toBe(best.completion_ids.length);
  const measure = card.getByRole('combobox', { name: 'Color tokens by' });
  expect(await measure.locator('option').allInnerTexts()).toEqual([
    'Log-probability',
    'Entropy',
    'Ratio',
    'KL to the reference',
  ]);
  await tokens.focus();
  await editor.page.keyboard.press('Home');
  await editor.page.keyboard.press('ArrowRight');
  await readout()
    .filter({
      hasText: /^2 of \d+: ".*", id \d+ · log-probability −[\d.e−-]+ \([\d.]+ %\) · entropy [\d.]+ · ratio [\d.]+/,
    })
    .waitFor();
  expect(await readout().innerText()).toContain(`id ${best.completion_ids[1]}`);
  const strength = () =>
    spans.evaluateAll((all) => all.map((span) => (span as HTMLElement).style.getPropertyValue('--level')));
  const byLogProb = await strength();
  await measure.selectOption('Ratio');
  await until('other colors', async () => (await strength()).join() !== byLogProb.join());
  await editor.screenshot('tokens-ratio');
});

for (const theme of Object.keys(themes) as Theme[])
  session.test(`axe finds nothing wrong with tokens: ${theme}`, async ({ editor, dashboard }) => {
    await editor.setTheme(theme);
    await dashboard.frame.getByRole('combobox', { name: 'Color tokens by' }).selectOption('Entropy');
    expect(await violations(dashboard)).toEqual([]);
    await editor.screenshot(`tokens-${theme}`);
  });

session.test('shows the text again', async ({ dashboard }) => {
  const card = dashboard.frame.locator('article.completion').first();
  await card.getByRole('button', { name: 'Tokens' }).click();
  await card.getByRole('group', { name: /^Tokens/ }).waitFor({ state: 'detached' });
  expect(await card.locator('pre').count()).toBe(1);
});

session.test('explains the group, with the ratios of the second pass, and goes back', async ({ editor, dashboard }) => {
  const { frame } = dashboard;
  await editor.setTheme('dark');
  await frame.getByRole('button', { name: 'Explain Group' }).click();
  const page = frame.getByRole('region', { name: 'How GRPO learns from group 0 of step 3' });
  await page.getByText('There are 2 passes over each rollout').waitFor();
  const ratios = page.getByRole('table').nth(2);
  await ratios.getByRole('columnheader', { name: 'clipped tokens' }).waitFor();
  const said = await page.innerText();
  expect(said).toMatch(/mean = \(.*\) ÷ 8 = \d/);
  // What the cards show, and what the file has, is what is explained.
  const recorded = JSON.parse(readFileSync(join(folder, 'rollouts/step-000003.jsonl'), 'utf8').split('\n')[0]!);
  expect(said).toContain(Math.abs(recorded.advantage).toFixed(2));
  expect(said).not.toContain('but the run recorded');
  for (const theme of Object.keys(themes) as Theme[]) {
    await editor.setTheme(theme);
    expect(await violations(dashboard), theme).toEqual([]);
    await editor.screenshot(`explain-${theme}`);
  }
  await page.focus();
  await editor.page.keyboard.press('Escape');
  await frame.getByRole('region', { name: 'Completions of group 0' }).waitFor();
});
