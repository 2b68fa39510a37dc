/** The list of samples (*.samples.jsonl as a custom editor): its scores, its edits, and many samples. */
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { FrameLocator, Locator } from 'playwright-core';
import { expect } from 'vitest';
import { violations } from './helpers/axe.ts';
import { type Theme, themes } from './helpers/editor.ts';
import { addMathSamples } from './helpers/math-samples.ts';
import { RewardPreviews } from './helpers/previews.ts';
import { until } from './helpers/processes.ts';
import { Session } from './helpers/session.ts';

const MANY = 5000;

const session = new Session({ settings: { 'files.autoSave': 'off', 'editor.minimap.enabled': false } }, (workspace) => {
  addMathSamples(workspace);
  writeFileSync(join(workspace, 'samples/empty.samples.jsonl'), '');
  const config = readFileSync(join(workspace, 'sort.grpo.json'), 'utf8');
  writeFileSync(
    join(workspace, 'many.grpo.json'),
    config.replace('"model"', '"samples": "samples/many.samples.jsonl", "model"'),
  );
  const samples = Array.from({ length: MANY }, (_, index) => {
    const numbers = [index >> 2, 1, 9, 0];
    const completion = ` ${[...numbers.slice(index % 4), ...numbers.slice(0, index % 4)].join(' ')}`;
    return JSON.stringify({ prompt: `Sort ${numbers.join(' ')}:`, numbers, note: `sample ${index}`, completion });
  });
  writeFileSync(join(workspace, 'samples/many.samples.jsonl'), `${samples.join('\n')}\n`);
});

/** The list in sight. */
const list = (): FrameLocator => new RewardPreviews(session.editor).view;
const row = (text: string | RegExp): Locator => list().locator('.entry.sample', { hasText: text }).first();
const samplesFile = (name: string): string => join(session.server.workspace, 'samples', `${name}.samples.jsonl`);
const linesOf = (name: string): string[] => readFileSync(samplesFile(name), 'utf8').trimEnd().split('\n');

async function openList(name: string): Promise<void> {
  await session.editor.openFile(`${name}.samples.jsonl`);
  // Its name says what the Alt key makes of it, too.
  await session.editor.page.getByRole('button', { name: /^Open as List/ }).click();
  await list().locator('main.samples').waitFor();
}

/** Presses a key while the list has the focus. */
const press = (key: string): Promise<void> => list().getByRole('listbox').press(key);

/** Saves, and waits until the file's lines are as wanted. */
async function saved(name: string, what: string, isWanted: (lines: string[]) => boolean): Promise<string[]> {
  await press('Control+s');
  const lines = await fileOnce(name, what, isWanted);
  // Until VS Code has looked at what it wrote, it takes what someone else writes for its own.
  await session.editor.page.locator('.tab.dirty').first().waitFor({ state: 'detached' });
  return lines;
}

/** The lines of the file once they are as wanted. While VS Code writes the file, it is empty. */
async function fileOnce(name: string, what: string, isWanted: (lines: string[]) => boolean): Promise<string[]> {
  return until(what, () => {
    const lines = linesOf(name);
    return lines[0] !== '' && isWanted(lines) && lines;
  });
}

session.test('opens from the text, with the scores of every sample, and leads back', async ({ editor }) => {
  await openList('sort');
  await row('inclusion 4 · ordering 3').waitFor();
  await list().locator('.entry.heading', { hasText: 'has a learning signal' }).first().waitFor();
  expect(await list().getByRole('status').first().innerText()).toBe('7 samples · 2 prompts');
  // Arrow keys open what they reach.
  await press('ArrowDown');
  await list().getByRole('heading', { name: 'Line 2' }).waitFor();
  await list()
    .getByRole('row', { name: /^inclusion 1/ })
    .waitFor();
  for (const theme of Object.keys(themes) as Theme[]) {
    await editor.setTheme(theme);
    await editor.screenshot(`samples-list-${theme}`);
  }
  await editor.setTheme('dark');
  for (const width of [1000, 520]) {
    await editor.page.setViewportSize({ width, height: 900 });
    if (width === 520) await editor.command('View: Close Primary Side Bar');
    await editor.screenshot(`samples-list-${width}`);
  }
  await editor.page.setViewportSize({ width: 1440, height: 900 });
  await editor.page.getByRole('button', { name: 'Open as Text', exact: true }).click();
  await editor.page.locator('.editor-instance .view-line', { hasText: '7 2 2 5' }).first().waitFor();
  expect(await editor.page.locator('.editor .tab').count()).toBe(1);
});

session.test('shows what a reward that is being typed gives', async ({ editor }) => {
  await editor.command('GRPO: Open as List to the Side');
  await row('inclusion 4 · ordering 3').waitFor();
  await editor.command('View: Focus First Editor Group');
  await editor.openFile('sort.reward.ts');
  await new RewardPreviews(editor).cursorAtEndOf(31);
  await editor.page.keyboard.press('ArrowLeft');
  await editor.page.keyboard.type(' + 10');
  await row('inclusion 4 · ordering 13').waitFor();
  await row('≠ expected').waitFor();
  await editor.screenshot('samples-list-typed');
  await editor.page.keyboard.type(' and more');
  await list().getByText('sort.reward.ts, line 31').waitFor();
  await list().getByText('last valid scores').waitFor();
  await editor.command('File: Revert File');
  await row('inclusion 4 · ordering 3').waitFor();
});

session.test('searches, filters and sorts', async ({ editor }) => {
  await press('/');
  await editor.page.keyboard.type('sort 0');
  await until('one sample to be left', async () => (await list().locator('.entry.sample').count()) === 1);
  expect(await list().locator('.entry mark').allInnerTexts()).toEqual(['Sort 0']);
  await editor.page.keyboard.press('Escape');
  await list().getByLabel('Search samples').fill('');
  await list().getByRole('button', { name: 'Group by prompt' }).click();
  await list().getByLabel('Sort by').selectOption('reward');
  const rewards = async () =>
    (await list().locator('.entry.sample .entry-value > :last-child').allInnerTexts()).map(Number);
  expect(await rewards()).toEqual([7, 7, 5, 5, 3, 0, 0]);
  await list().getByLabel('Samples to show').selectOption('missed');
  await list().getByText('No sample matches').waitFor();
  await list().getByRole('button', { name: 'Clear Search and Filters' }).click();
  await list().getByLabel('Sort by').selectOption('line');
  expect(await rewards()).toEqual([7, 3, 5, 0, 7, 5, 0]);
});

session.test('edits a completion in place, as one edit that can be undone', async ({ editor }) => {
  const before = linesOf('sort');
  await row('7 2 2 5').click();
  await press('Enter');
  const field = list().getByRole('textbox', { name: 'completion' });
  await field.fill(' 0 1 2\n3');
  // What is being written is saved, too.
  await field.press('Control+s');
  const changed = before.with(1, before[1]!.replace('" 7 2 2 5"', String.raw`" 0 1 2\n3"`));
  await fileOnce('sort', 'the completion alone to be changed', (lines) => lines.join() === changed.join());
  await row(/0 1 2 3.*≠ expected.*inclusion 4 · ordering 3/).waitFor();
  // Undone it is the text that was there, and the list stays where it was.
  await press('Control+z');
  await row('7 2 2 5').waitFor();
  expect(await row('7 2 2 5').getAttribute('aria-selected')).toBe('true');
  await saved('sort', 'the edit to be undone', (lines) => lines.join() === before.join());
  await press('Control+Shift+z');
  await row(/0 1 2 3.*≠ expected/).waitFor();
  await press('Control+z');
  await row('7 2 2 5').waitFor();
  await saved('sort', 'the edit to be undone again', (lines) => lines.join() === before.join());
  await editor.screenshot('samples-list-undone');
});

session.test('has expected scores typed, refused, and taken away', async () => {
  const before = linesOf('sort');
  const input = list().getByRole('textbox', { name: 'Expected score of inclusion' });
  await input.fill('many');
  await input.press('Enter');
  await list().getByText('Write a number, or a range such as 6 to 7.').waitFor();
  await input.fill('2 to 4');
  await input.press('Enter');
  await list().locator('tr.missed', { hasText: 'inclusion' }).waitFor();
  expect(JSON.parse((await saved('sort', 'the range', (lines) => lines[1]!.includes('[2,4]')))[1]!).expect).toEqual({
    ...{ inclusion: [2, 4], ordering: 2, total: 3 },
  });
  await input.fill('');
  await input.press('Enter');
  await saved('sort', 'no expectation', (lines) => !lines[1]!.includes('inclusion'));
  await list().getByRole('button', { name: 'Save as Expected Scores' }).click();
  await saved('sort', 'the scores', (lines) => lines[1]!.includes('{"inclusion":1,"ordering":2}'));
  for (let i = 0; i < 3; i++) await press('Control+z');
  await saved('sort', 'all to be undone', (lines) => lines.join() === before.join());
});

session.test('duplicates, adds and deletes samples', async ({ editor }) => {
  const before = linesOf('sort');
  await row('7 2 2 5').click();
  await list().getByRole('button', { name: 'Duplicate' }).click();
  await list().getByRole('heading', { name: 'Line 3' }).waitFor();
  await saved('sort', 'the copy', (lines) => lines.join() === before.toSpliced(1, 0, before[1]!).join());
  await list().getByRole('button', { name: 'Add Sample' }).click();
  await list().getByRole('textbox', { name: 'completion' }).fill(' 1');
  await editor.page.keyboard.press('Escape');
  await list().getByRole('heading', { name: 'Line 4' }).waitFor();
  const lines = await saved('sort', 'the new sample', (lines) => lines.length === before.length + 2);
  expect(lines[3]).toBe('{"prompt": "Sort 3 1 0 2:", "numbers": [3, 1, 0, 2], "completion": " 1"}');
  // Deleted by the keyboard; the one behind it takes its place.
  await press('Delete');
  await list().getByText('8 samples').waitFor();
  await press('ArrowUp');
  await press('Delete');
  await saved('sort', 'both to be gone', (lines) => lines.join() === before.join());
});

session.test('shows what is wrong with a line, and leads to it', async ({ editor }) => {
  appendFileSync(samplesFile('sort'), '{"prompt": "Sort 1 0:", "numbers": [1, 0], "completion": \n');
  const broken = list().locator('.entry.broken');
  await broken.click();
  await list().locator('.problem.error', { hasText: 'This is not valid JSON' }).waitFor();
  await editor.screenshot('samples-list-broken');
  await list().getByRole('button', { name: 'Open Line' }).click();
  await editor.statusItem(/Ln 8, Col 1/).waitFor();
  await editor.command('View: Close All Editors');
});

session.test('shows chats, line breaks, what cannot be seen, and how the model sees the prompt', async ({ editor }) => {
  await openList('math');
  await row('correct 1 · steps 0.5').click();
  await list().getByText('As the model sees it').click();
  await list().locator('.rendered pre', { hasText: '<|assistant|>' }).waitFor();
  await list().getByText('As the model sees it').click();
  // The likely answer is the first of the columns.
  expect(await list().locator('.columns dt').allInnerTexts()).toEqual(['answer', 'source']);
  await press('ArrowDown');
  await list().getByText('should be 72').waitFor();
  const completion = list().getByRole('region', { name: 'Completion' });
  expect(
    await completion.locator('.special').evaluateAll((all) => all.map((span) => span.getAttribute('data-shown'))),
  ).toEqual([...['→', '··']]);
  expect(await completion.locator('.value').textContent()).toBe(
    'Half of 48 is 24.\n\tSo she sells 48 - 24 = 24 rolls.  \n#### 24',
  );
  await editor.screenshot('samples-list-math');
  await press('Control+f');
  await editor.page.keyboard.type('half');
  await list().locator('.messages mark', { hasText: 'half' }).waitFor();
  await editor.screenshot('samples-list-search');
  await list().getByLabel('Search samples').fill('');
});

for (const theme of Object.keys(themes) as Theme[])
  session.test(`axe finds nothing wrong with it: ${theme}`, async ({ editor, dashboard }) => {
    await editor.setTheme(theme);
    // With hits, a group's heading, expectations that are met and one that is not.
    await list().getByLabel('Search samples').fill('half');
    await list().locator('.entry.heading').first().click();
    await check('samples-list-group');
    await row('Half of 48').click();
    await list().locator('.entry mark').first().waitFor();
    await check('samples-list-hits');
    await list().getByLabel('Search samples').fill('');

    async function check(name: string): Promise<void> {
      await editor.screenshot(`${name}-${theme}`);
      expect(await violations(dashboard)).toEqual([]);
    }
  });

session.test('takes the mark of a generated sample away when it is edited', async ({ editor }) => {
  await editor.setTheme('dark');
  const before = linesOf('math');
  await row('generated').click();
  await press('Enter');
  await list().getByRole('textbox', { name: 'completion' }).fill('72');
  await editor.page.keyboard.press('Escape');
  await list().locator('.badge', { hasText: 'generated' }).first().waitFor({ state: 'detached' });
  await saved(
    'math',
    'the edit',
    (lines) => JSON.parse(lines[3]!).completion === '72' && !lines[3]!.includes('generated'),
  );
  await press('Control+z');
  await saved('math', 'the edit to be undone', (lines) => lines.join() === before.join());
});

session.test('of an empty file says what to do, and makes the first sample', async ({ editor }) => {
  await openList('empty');
  await list().getByText('No samples yet').waitFor();
  await editor.screenshot('samples-list-empty');
  await list().getByRole('button', { name: 'Add Sample' }).click();
  await list().getByRole('textbox', { name: 'prompt' }).fill('Say "hi":');
  await editor.page.keyboard.press('Escape');
  await press('Enter');
  await list().getByRole('textbox', { name: 'completion' }).fill('hi');
  await editor.page.keyboard.press('Escape');
  const wanted = String.raw`{"prompt": "Say \"hi\":", "completion": "hi"}`;
  expect(await saved('empty', 'the sample', (lines) => lines[0] === wanted)).toEqual([wanted]);
  await list().getByText('No run config or reward file uses these samples').waitFor();
});

session.test('of five thousand samples shows those in sight, and edits the last one', async ({ editor }) => {
  await openList('many');
  await list()
    .getByText(`${MANY.toLocaleString('en-US')} samples`)
    .waitFor();
  await row(/inclusion 4/).waitFor();
  const nodes = () =>
    list()
      .locator('body')
      .evaluate((body) => body.querySelectorAll('*').length);
  expect(await nodes()).toBeLessThan(800);
  await press('End');
  await list()
    .getByRole('heading', { name: `Line ${MANY}` })
    .waitFor();
  await list().locator('.entry[aria-selected=true]', { hasText: 'ordering' }).waitFor();
  await press('Enter');
  await list().getByRole('textbox', { name: 'completion' }).fill(' 0 1 9 1249');
  await editor.page.keyboard.press('Escape');
  await list().locator('.entry[aria-selected=true]', { hasText: 'inclusion 4 · ordering 3' }).waitFor();
  expect(await nodes()).toBeLessThan(800);
  await editor.screenshot('samples-list-many');
  await press('/');
  await editor.page.keyboard.type('sample 4321');
  await until('one sample to be left', async () => (await list().locator('.entry.sample').count()) === 1);
  await list().getByText('1 of 5,000 samples').waitFor();
  await editor.page.keyboard.press('Enter');
  await press('Control+z');
  await saved('many', 'the edit to be undone', (lines) => lines.at(-1)!.includes('" 0 1249 1 9"'));
});
