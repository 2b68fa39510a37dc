/** The list of samples alone, with data arriving: what a user holds, writes or has focused stays, and goes to the sample that it is for. */
import { afterEach, expect, test } from 'vitest';
import type { RowScores, SampleLine, SamplesHostMessage } from '../../src/protocol/samples-view.ts';
import { BareWebview } from './helpers/bare-webview.ts';

const UPDATES = 30;

let webview: BareWebview;
afterEach(() => webview?.close());

const line = (id: number, completion = `answer ${id}`): SampleLine => ({
  ...{
    kind: 'sample',
    id,
    prompt: `prompt ${Math.ceil(id / 4)}`,
    completion,
    columns: [],
    expect: {},
    generated: false,
  },
});
const lines = (count: number): SamplesHostMessage => ({
  ...{ type: 'lines', at: 0, removed: 0, lines: Array.from({ length: count }, (_, index) => line(index + 1)) },
});
const state: SamplesHostMessage = {
  ...{ type: 'state', title: 'a.samples.jsonl', editable: true, running: false, stale: false, note: null },
  functions: [{ name: 'f', weight: 1, mean: 1, std: 1, failed: 0, abstained: 0, state: 'done' }],
};
/** In every round the samples are in another order of their rewards. */
const scores = (count: number, round: number): SamplesHostMessage => ({
  type: 'scores',
  rows: Array.from({ length: count }, (_, index): [number, RowScores] => {
    const score = (index * 7 + round * 3) % count;
    const outcomes = { f: { kind: 'score', score } } as const;
    return [index + 1, { group: 0, reward: score, advantage: score - 1, mismatches: [], problems: [], outcomes }];
  }),
  groups: [[0, { mean: round, std: 1, signal: 'signal', why: 'has a learning signal' }]],
  prompts: [],
});

async function opened(count: number): Promise<BareWebview> {
  webview = await BareWebview.open('samples-view');
  await webview.send(state, lines(count), scores(count, 0));
  return webview;
}

test('a sample opens though scores arrive, and put it elsewhere, while it is clicked', async () => {
  const { page } = await opened(12);
  await page.getByRole('button', { name: 'Group by prompt' }).click();
  await page.getByLabel('Sort by').selectOption('reward');
  await webview.hold('.entry:has-text("answer 7")', async () => {
    for (let round = 1; round <= UPDATES; round++) await webview.send(scores(12, round));
  });
  await page.getByRole('heading', { name: 'Line 7' }).waitFor();
  await page.locator('.entry[aria-selected=true]', { hasText: 'answer 7' }).waitFor();
});

test('what is being written stays while scores and lines arrive, and is for the sample that it was written for', async () => {
  const { page } = await opened(12);
  const posted = () => webview.posted<{ id: number; json: string }>('set');
  await page.locator('.entry', { hasText: 'answer 3' }).click();
  await page.keyboard.press('Enter');
  const field = page.getByRole('textbox', { name: 'completion' });
  // Nothing is written yet: what another editor makes of it is shown.
  await webview.send({ type: 'lines', at: 2, removed: 1, lines: [line(3, 'edited elsewhere')] });
  expect(await field.inputValue()).toBe('edited elsewhere');
  await field.fill('mine');
  for (let round = 1; round <= UPDATES; round++) await webview.send(scores(12, round));
  // A line above it is deleted, and its own is edited again.
  await webview.send({ type: 'lines', at: 1, removed: 2, lines: [line(3, 'and again')] });
  expect(await field.inputValue()).toBe('mine');
  expect(await field.evaluate((area) => area === document.activeElement)).toBe(true);
  await page.getByRole('heading', { name: 'Line 2' }).waitFor();
  await page.locator('.entry', { hasText: 'answer 8' }).click();
  await page.getByRole('heading', { name: 'Line 7' }).waitFor();
  expect(await posted()).toMatchObject([{ id: 3, path: ['completion'], json: '"mine"' }]);
});

test('an expected score keeps the focus and its digits, and is for its sample, also when another one is opened', async () => {
  const { page } = await opened(12);
  const input = page.getByLabel('Expected score of f');
  await page.locator('.entry', { hasText: 'answer 3' }).click();
  await input.fill('1 to');
  for (let round = 1; round <= UPDATES; round++) await webview.send(scores(12, round));
  expect(await input.inputValue()).toBe('1 to');
  await page.keyboard.type(' 2');
  await page.locator('.entry', { hasText: 'answer 5' }).click();
  await page.getByRole('heading', { name: 'Line 5' }).waitFor();
  expect(await webview.posted('set')).toMatchObject([{ id: 3, path: ['expect', 'f'], json: '[1,2]' }]);
  expect(await input.inputValue()).toBe('');
});

test('an open field undoes its own edits; Escape leaves it, and what was written stays', async () => {
  const { page } = await opened(4);
  await page.locator('.entry', { hasText: 'answer 1' }).click();
  await page.keyboard.press('Enter');
  await page.keyboard.type('0');
  await page.keyboard.press('Control+z');
  const field = page.getByRole('textbox', { name: 'completion' });
  expect(await field.inputValue()).toBe('answer 1');
  await page.keyboard.type('1');
  await page.keyboard.press('Escape');
  expect(await webview.posted('set')).toMatchObject([{ id: 1, json: '"answer 11"' }]);
  expect(await page.getByRole('listbox').evaluate((list) => list === document.activeElement)).toBe(true);
  // Left as it was, nothing is said.
  await page.keyboard.press('Enter');
  await page.keyboard.press('Escape');
  expect(await webview.posted('set')).toHaveLength(1);
});

test('an edit that the host refuses is taken back, with its reason', async () => {
  const { page } = await opened(4);
  await page.locator('.entry', { hasText: 'answer 1' }).click();
  await page.keyboard.press('Enter');
  await page.keyboard.type('!');
  await page.keyboard.press('Escape');
  await page.locator('.value', { hasText: 'answer 1!' }).waitFor();
  await webview.send({ type: 'refused', message: 'This line has "completion" more than once; edit it as text.' });
  await page.getByRole('alert').filter({ hasText: 'more than once' }).waitFor();
  await page.locator('.value', { hasText: /^answer 1$/ }).waitFor();
  await webview.send({ type: 'lines', at: 0, removed: 1, lines: [line(1, 'mended')] });
  await page.getByRole('alert').filter({ hasText: 'more than once' }).waitFor({ state: 'hidden' });
});

test('five thousand samples have the rows in sight, wherever one scrolls', async () => {
  const { page } = await opened(5000);
  const nodes = () => page.evaluate(() => document.querySelectorAll('*').length);
  expect(await nodes()).toBeLessThan(500);
  await page.getByRole('listbox').press('End');
  await page.locator('.entry', { hasText: 'answer 5000' }).waitFor();
  await webview.send(scores(5000, 1));
  await page.getByRole('listbox').press('Home');
  await page.locator('.entry', { hasText: 'answer 1' }).first().waitFor();
  expect(await nodes()).toBeLessThan(500);
});
