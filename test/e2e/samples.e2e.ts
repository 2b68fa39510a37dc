import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { Dashboard } from './helpers/dashboard.ts';
import type { Editor } from './helpers/editor.ts';
import { until } from './helpers/processes.ts';
import { makeRun } from './helpers/runs.ts';
import { Session } from './helpers/session.ts';

const session = new Session({ settings: { 'files.autoSave': 'off' } }, (workspace) => {
  makeRun(workspace, 'sort.grpo.json', { maxSteps: 6, saveSteps: 6 });
});

interface Sample {
  prompt: string;
  numbers: number[];
  completion: string;
  expect?: Record<string, number>;
  generated?: true;
}

const samplesOf = (file: string): Sample[] =>
  existsSync(file)
    ? readFileSync(file, 'utf8')
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line) as Sample)
    : [];

const sortSamples = (workspace: string) => join(workspace, 'samples/sort.samples.jsonl');

/** Says how many prompts and how many completions for each. */
async function answerCounts({ page, quickInput }: Editor, ...counts: [prompts: number, completions: number]) {
  for (const [index, count] of counts.entries()) {
    await page
      .locator('.quick-input-widget')
      .getByText(`${index + 1} of 2`)
      .waitFor();
    await quickInput.fill(String(count));
    await page.keyboard.press('Enter');
  }
}

/** Opens the first group of the newest step. */
async function openGroup({ frame }: Dashboard): Promise<void> {
  await frame.getByRole('tab', { name: 'Rollouts' }).click();
  await frame.locator('.group-row').first().click();
  await frame.getByRole('region', { name: /Completions of group/ }).waitFor();
}

session.test('generates samples with the model of a run config, and opens them', async ({ editor, server }) => {
  const file = sortSamples(server.workspace);
  const before = samplesOf(file);
  await editor.command('GRPO: Generate Samples');
  await editor.choose('sort');
  await answerCounts(editor, 3, 2);
  const added = await until('samples to be added', () => {
    const rows = samplesOf(file).slice(before.length);
    return rows.length > 0 && rows;
  });
  expect(samplesOf(file).slice(0, before.length)).toEqual(before);
  expect(new Set(added.map(({ prompt }) => prompt)).size).toBe(3);
  for (const { numbers, completion } of added) expect([numbers.length, typeof completion]).toEqual([4, 'string']);
  await editor.page.getByRole('tab', { name: 'sort.samples.jsonl' }).and(editor.page.locator('.active')).waitFor();
  await until('its process to be gone', () => server.processes('grpo.js').length === 0);
});

session.test('replaces the samples that it generated before, if asked to', async ({ editor, server }) => {
  const file = sortSamples(server.workspace);
  const before = samplesOf(file);
  const generated = before.filter((sample) => sample.generated);
  expect(generated.length).toBeGreaterThan(0);
  await editor.command('GRPO: Generate Samples');
  await editor.choose('sort');
  await editor.screenshot('samples-replace');
  await editor.choose(`Replace the ${generated.length} generated samples`);
  await answerCounts(editor, 2, 2);
  const after = await until('samples to be replaced', () => {
    const rows = samplesOf(file);
    return JSON.stringify(rows) !== JSON.stringify(before) && rows;
  });
  const written = (rows: Sample[]) => rows.filter((sample) => !sample.generated);
  expect(written(after)).toEqual(written(before));
  expect(new Set(after.filter((sample) => sample.generated).map(({ prompt }) => prompt)).size).toBe(2);
  await until('its process to be gone', () => server.processes('grpo.js').length === 0);
});

session.test('marks generated samples whose prompt the dataset no longer gives', async ({ editor, server }) => {
  const config = join(server.workspace, 'sort.grpo.json');
  const text = readFileSync(config, 'utf8');
  const marked = editor.page.locator('.markers-panel').getByText(/generated for a prompt that sort\.train\.jsonl/);
  await editor.openFile('sort.samples.jsonl');
  await editor.command('View: Focus Problems');
  writeFileSync(config, text.replace('"rewards"', '"prompt": { "text": "Now {{ prompt }}" }, "rewards"'));
  const count = samplesOf(sortSamples(server.workspace)).filter(({ generated }) => generated).length;
  await until('each of them to be marked', async () => (await marked.count()) === count);
  await editor.screenshot('samples-other-prompt');
  writeFileSync(config, text);
  await marked.first().waitFor({ state: 'hidden' });
  await editor.command('View: Hide Panel');
});

session.test('asks for numbers that make sense, and can be left', async ({ editor, server }) => {
  const before = samplesOf(sortSamples(server.workspace));
  await editor.command('GRPO: Generate Samples');
  await editor.choose('sort');
  await editor.choose('Add to them');
  await editor.quickInput.fill('none');
  await editor.page.getByText('Enter a whole number from 1').waitFor();
  await editor.page.keyboard.press('Escape');
  await editor.page.locator('.quick-input-widget').waitFor({ state: 'hidden' });
  expect(samplesOf(sortSamples(server.workspace))).toEqual(before);
});

session.test('is cancelled, and keeps what there is only if that is wanted', async ({ editor, server }) => {
  const before = samplesOf(sortSamples(server.workspace));
  await editor.command('GRPO: Generate Samples');
  await editor.choose('sort');
  await editor.choose('Add to them');
  // More than is generated before the button is found.
  await answerCounts(editor, 1000, 100);
  await editor.notification(/Generating samples with sort: [1-9]\d* of 100000/).waitFor();
  expect(server.processes('grpo.js')).toHaveLength(1);
  await editor.answer(/Generating samples with sort/, 'Cancel');
  await until('its process to be gone', () => server.processes('grpo.js').length === 0);
  await editor.notification(/Generating samples with sort/).waitFor({ state: 'hidden' });
  const question = /Canceled after \d+ of 100000 samples/;
  await editor.notification(question).waitFor();
  expect(samplesOf(sortSamples(server.workspace))).toEqual(before);
  await editor.screenshot('samples-canceled');
  await editor.answer(question, 'Add ');
  await until('what there was to be added', () => samplesOf(sortSamples(server.workspace)).length > before.length);
});

session.test('keeps a completion of the dashboard as a sample, once, by the keyboard', async (all) => {
  const { editor, dashboard, server } = all;
  const file = sortSamples(server.workspace);
  await editor.command('GRPO: Open Dashboard');
  await dashboard.state.filter({ hasText: 'done' }).waitFor();
  const before = samplesOf(file).length;
  await openGroup(dashboard);
  const card = dashboard.frame.locator('article.completion').first();
  const said = card.getByRole('status');
  await card.getByRole('button', { name: 'Add to Samples' }).focus();
  await editor.page.keyboard.press('Enter');
  await said.filter({ hasText: 'Added to sort.samples.jsonl.' }).waitFor();
  await editor.page.keyboard.press('Enter');
  await said.filter({ hasText: 'Already in sort.samples.jsonl.' }).waitFor();
  expect(samplesOf(file)).toHaveLength(before + 1);
  expect(samplesOf(file).at(-1)!.expect).toBeUndefined();

  await card.getByRole('button', { name: 'Save as Expected Score' }).click();
  await said.filter({ hasText: 'Expected scores updated' }).waitFor();
  expect(samplesOf(file)).toHaveLength(before + 1);
  const { expect: expected } = samplesOf(file).at(-1)!;
  expect(Object.keys(expected!).sort()).toEqual(['inclusion', 'ordering']);
  await editor.screenshot('samples-kept');
});

session.test('leaves what is not saved in the samples file alone', async ({ editor, dashboard, server }) => {
  const file = sortSamples(server.workspace);
  await editor.page.getByRole('tab', { name: 'sort.samples.jsonl' }).click();
  await editor.command('View: Focus Active Editor Group');
  await editor.page.keyboard.press('Control+Home');
  const mine = '{"prompt": "Sort 1 0 0 0:", "numbers": [1, 0, 0, 0], "completion": " mine"}';
  await editor.page.keyboard.type(`${mine}\n`);
  const saved = readFileSync(file, 'utf8');
  const card = dashboard.frame.locator('article.completion').last();
  await card.getByRole('button', { name: 'Add to Samples' }).click();
  await card.getByRole('status').filter({ hasText: 'Added to sort.samples.jsonl.' }).waitFor();
  expect(readFileSync(file, 'utf8')).toBe(saved);
  await card.getByRole('button', { name: 'Open' }).click();
  // Where it was added: until it is shown there, it may take the focus from the palette.
  const rows = saved.trim().split('\n').length + 2;
  await editor.statusItem(new RegExp(`Ln ${rows}, Col `)).waitFor();
  await editor.command('File: Save');
  await until('both to be saved', () => {
    const text = readFileSync(file, 'utf8');
    return text.includes(' mine') && samplesOf(file).length === rows;
  });
});

/** How many advantages change sign, as the tab says. */
async function flips({ frame }: Dashboard): Promise<number> {
  const said = await frame.locator('.rescore [role=status]').first().innerText();
  return Number(/^([\d,]+) of/.exec(said)?.[1]?.replaceAll(',', '') ?? Number.NaN);
}

session.test('scores a run again, and again when its reward is edited', async ({ editor, dashboard, server }) => {
  const { frame } = dashboard;
  await editor.command('GRPO: Rescore Run');
  await frame.getByRole('button', { name: 'Rescored', pressed: true }).waitFor();
  const table = frame.getByRole('table', { name: 'Steps' });
  await table.locator('tbody tr').nth(5).waitFor();
  await until('all to be scored', async () => (await flips(dashboard)) === 0);

  const reward = join(server.workspace, 'rewards/sort.reward.ts');
  const text = readFileSync(reward, 'utf8');
  // Ordering turned round: the more neighbours are in order, the less it gives.
  writeFileSync(reward, text.replace('return { score, extracted', 'return { score: 3 - score, extracted'));
  await until('the comparison to follow the edit', async () => (await flips(dashboard)) > 0);
  await editor.screenshot('rescored-steps');

  await table.getByRole('button', { name: 'Step 6' }).click();
  await frame.getByRole('heading', { name: 'Step 6' }).waitFor();
  const groups = frame.locator('details.rescored-group');
  await groups.nth(15).waitFor();
  expect(await groups.count()).toBe(16);
  await groups
    .filter({ hasText: /[1-9] flips?/ })
    .first()
    .locator('summary')
    .click();
  const flipped = frame.locator('article.completion').filter({ hasText: 'sign flips' }).first();
  await flipped.waitFor();
  // Not innerText: out of sight it is not laid out.
  expect(await flipped.locator('.advantage').textContent()).toMatch(/^[+−][\d.]+ → [+−][\d.]+$/);
  await editor.screenshot('rescored-step');
  await frame.getByRole('button', { name: 'All steps' }).click();

  writeFileSync(reward, 'export function inclusion( {');
  await frame.locator('.rescore .failure').filter({ hasText: 'sort.reward.ts' }).waitFor();
  await table.locator('tbody tr.stale').first().waitFor();
  writeFileSync(reward, text);
  await until('the comparison to come back', async () => (await flips(dashboard)) === 0);
  await until('its process to be gone', () => server.processes('grpo.js').length === 0);
});
