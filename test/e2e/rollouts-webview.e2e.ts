/** The Rollouts tab alone, with made-up messages: the list beside the group, the search, a prompt through the run, and what comes back. */
import { afterEach, describe, expect, test } from 'vitest';
import { BareWebview } from './helpers/bare-webview.ts';
import { screenshotFile } from './helpers/screenshots.ts';

let webview: BareWebview;
afterEach(() => webview?.close());

const STEPS = 12;
const columns = {
  steps: Float64Array.from({ length: STEPS }, (_, i) => i + 1),
  values: { reward: Float64Array.from({ length: STEPS }, (_, i) => i / 10) },
};
const config = {
  ...{ maxSteps: STEPS, scaleRewards: 'group', baseline: 'group', multiObjectiveAggregation: 'sum_then_normalize' },
  rewards: [{ file: 'a.reward.ts', weight: 1 }],
};
const snapshot = {
  ...{ type: 'snapshot', version: 1, main: true, columns },
  head: {
    ...{ folder: '/runs/1', name: 'sort', createdAt: '2026-01-01T00:00:00Z', state: 'done', reason: null },
    ...{ step: STEPS, scored: STEPS, device: 'cpu', config, trainer: 'none' },
    rewards: [{ name: 'right', file: 'a.reward.ts', weight: 1 }],
  },
};

/** A group of 7, 7, 2 and 1, and others that are more and more equal; advantages as the trainer computes them. */
const completion = (step: number, group: number, i: number, more: object = {}) => {
  const rewards = group === 0 ? [2, 7, 1, 7] : [group, group, group, group + 1];
  const mean = rewards.reduce((sum, reward) => sum + reward, 0) / 4;
  const std = Math.sqrt(rewards.reduce((sum, reward) => sum + (reward - mean) ** 2, 0) / 3);
  const reward = rewards[i]!;
  return {
    ...{ step, group, prompt: `prompt ${group}`, completion: `answer ${reward} of step ${step}`, reward },
    ...{ rewards: { right: reward }, advantage: (reward - mean) / (std + 1e-4), length: 5, truncated: false },
    ...{ error: null, columns: { difficulty: 'hard', answer: `expected ${group}` } },
    ...more,
  };
};
const rollouts = (step: number, groups = 6) => ({
  ...{ type: 'rollouts', step, problem: null },
  rows: Array.from({ length: groups * 4 }, (_, i) => completion(step, Math.floor(i / 4), i % 4)),
});

async function opened(
  options: { state?: unknown; width?: number } = {},
  groups = 6,
  recorded: (step: number, groups: number) => object = rollouts,
  more: object = {},
): Promise<BareWebview> {
  webview = await BareWebview.open('webview', options);
  await webview.send({ ...snapshot, head: { ...snapshot.head, config: { ...config, ...more } } });
  await webview.page.getByRole('tab', { name: 'Rollouts' }).click();
  const [asked] = await expect
    .poll(() => webview.posted<{ step: number }>('rollouts'))
    .not.toHaveLength(0)
    .then(() => webview.posted<{ step: number }>('rollouts'));
  await webview.send(recorded(asked!.step, groups));
  return webview;
}
const region = (group: number) => webview.page.getByRole('region', { name: `Completions of group ${group}` });
const grid = () => webview.page.getByRole('grid', { name: 'Groups' });
const focused = () => webview.page.evaluate(() => document.activeElement?.getAttribute('aria-label'));
const titles = () => webview.page.locator('.group-row .group-title').allInnerTexts();

describe('the list of groups', () => {
  test('has the group beside it, which follows the arrow keys; Enter goes to it and Escape back', async () => {
    const { page } = await opened();
    await region(0).waitFor();
    await grid().focus();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('ArrowDown');
    await region(2).waitFor();
    // It stays at the step that was read.
    await page.getByRole('button', { name: 'Follow latest', pressed: false }).waitFor();
    await page.keyboard.press('Enter');
    await expect.poll(focused).toBe('Completions of group 2');
    await page.keyboard.press('Escape');
    await expect.poll(focused).toBe('Groups');
    await region(2).waitFor();
    expect(await page.getByRole('button', { name: 'All groups' }).count()).toBe(0);
  });

  test('says of groups that were replaced that they are discarded', async () => {
    const { page } = await opened({}, 6, (step, groups) => {
      const { rows, ...message } = rollouts(step, groups);
      return { ...message, rows: rows.map((row) => (row.group < 4 ? row : { ...row, discarded: true })) };
    });
    await page.getByText('6 groups (2 discarded)').waitFor();
    expect(await page.locator('.group-row .signal').allInnerTexts()).toEqual([
      ...Array.from({ length: 4 }, () => 'signal'),
      'discarded',
      'discarded',
    ]);
    await page.locator('.group-row', { hasText: 'prompt 4' }).click();
    await page.getByText('discarded: another prompt took its place').waitFor();
    expect(await page.getByRole('button', { name: 'Explain Group' }).count()).toBe(0);
  });

  test('has of a rejection stage what is kept, and why', async () => {
    const stages = [{ kind: 'rejection', name: 'rejection', maxSteps: STEPS, threshold: null, best: 1 }];
    webview = await BareWebview.open('webview');
    const { page } = webview;
    await webview.send({ ...snapshot, head: { ...snapshot.head, config: { ...config, stages } } });
    await page.getByRole('tab', { name: 'Rollouts' }).click();
    await webview.send(rollouts(STEPS, 2));
    await page.getByRole('columnheader', { name: 'Kept' }).waitFor();
    expect(await page.locator('.group-row .signal').allInnerTexts()).toEqual(['1 kept', '1 kept']);
    await page.getByText('1 of 4 kept for later stages').waitFor();
    expect(await page.locator('article .tag', { hasText: 'kept' }).count()).toBe(1);
    expect(await page.locator('article .advantage').count()).toBe(0);
    await page.getByRole('button', { name: 'Explain Group' }).click();
    await page.getByRole('heading', { name: 'What is kept of group 0 of step 12' }).waitFor();
    const rows = page.getByRole('region', { name: 'Table of 3. The good ones are kept' }).locator('tbody tr');
    expect(await rows.allInnerTexts()).toEqual([
      expect.stringMatching(/^#1\s.*\s7\s+kept$/),
      expect.stringMatching(/^#2\s.*\s7\s+the same text$/),
      expect.stringMatching(/^#3\s.*\s2\s+not the best$/),
      expect.stringMatching(/^#4\s.*\s1\s+no better than the worst$/),
    ]);
  });

  test('sorts by its headings, from the largest on where that is what is looked for', async () => {
    const { page } = await opened();
    const heading = page.getByRole('columnheader', { name: 'Mean' });
    await heading.getByRole('button').click();
    await expect.poll(titles).toEqual([5, 0, 4, 3, 2, 1].map((group) => `prompt ${group}`));
    expect(await heading.getAttribute('aria-sort')).toBe('descending');
    await heading.getByRole('button').click();
    await expect.poll(titles).toEqual([1, 2, 3, 0, 4, 5].map((group) => `prompt ${group}`));
  });

  test('comes before its group where there is no room for both', async () => {
    const { page } = await opened({ width: 520 });
    await page.locator('.group-row', { hasText: 'prompt 3' }).waitFor();
    expect(await page.locator('.open-group').count()).toBe(0);
    await page.locator('.group-row', { hasText: 'prompt 3' }).click();
    await region(3).waitFor();
    expect(await grid().isVisible()).toBe(false);
    await page.getByRole('button', { name: 'Next', exact: true }).click();
    await region(4).waitFor();
    await page.keyboard.press('Escape');
    await grid().waitFor();
  });

  test('is as wide as someone has made it, with the mouse or the keyboard', async () => {
    const { page, kept } = bound(await opened());
    const widthOf = async () => (await page.locator('.list-pane').boundingBox())!.width;
    const divider = page.getByRole('separator', { name: 'Width of the list' });
    const before = await widthOf();
    const { x, y, height } = (await divider.boundingBox())!;
    await page.mouse.move(x + 4, y + height / 2);
    await page.mouse.down();
    await page.mouse.move(x - 96, y + height / 2, { steps: 4 });
    await page.mouse.up();
    expect(await widthOf()).toBeLessThan(before - 80);
    const now = Number(await divider.getAttribute('aria-valuenow'));
    await divider.press('ArrowRight');
    await expect.poll(() => divider.getAttribute('aria-valuenow')).toBe(String(now + 2));
    const state = await kept();
    expect(state).toMatchObject({ listWidth: now + 2 });
    await divider.press('Home');
    // The list keeps room for its columns.
    await expect.poll(widthOf).toBeGreaterThan(200);
    await divider.press('Enter');
    await expect.poll(widthOf).toBe(before);
    await webview.close();
    await opened({ state });
    const again = await webview.page.locator('.list-pane').boundingBox();
    expect(again!.width).toBeLessThan(before - 60);
  });

  test('of 10,000 completions is searched while one types', async () => {
    const { page } = await opened({}, 2500);
    await page.getByText('2500 groups').waitFor();
    const search = page.getByRole('searchbox', { name: 'Search completions' });
    await search.fill('answer 1234 of');
    await page.getByText('2 of 2500 groups').waitFor();
    expect(await titles()).toEqual(['prompt 1233', 'prompt 1234']);
    await page.locator('.group-row', { hasText: 'prompt 1234' }).click();
    await expect.poll(() => region(1234).locator('mark').first().innerText()).toBe('answer 1234 of');
    await search.fill('nowhere');
    await page.getByText('0 of 2500 groups').waitFor();
  });
});

describe('a group', () => {
  test('has the expected answer first, its completions from best to worst, equal ones once, and their arithmetic', async () => {
    const { page } = await opened();
    expect(await region(0).locator('.dataset-columns dt').allInnerTexts()).toEqual([
      expect.stringMatching(/^answer\s*expected answer$/),
      'difficulty',
    ]);
    const cards = region(0).locator('article.completion');
    expect(await cards.locator('.rank').allInnerTexts()).toEqual(['#1', '#3', '#4']);
    expect(await cards.locator('.times').allInnerTexts()).toEqual(['× 2']);
    expect(await cards.locator('.arithmetic').allInnerTexts()).toEqual([
      '(7 − 4.25) ÷ 3.2 = +0.86',
      '(2 − 4.25) ÷ 3.2 = −0.70',
      '(1 − 4.25) ÷ 3.2 = −1.02',
    ]);
    // The strip runs the same way.
    const bars = await page
      .locator('.group-title-bar .mark')
      .evaluateAll((all) => all.map(({ classList }) => classList[1]));
    expect(bars).toEqual(['up', 'up', 'down', 'down']);
  });

  test('has its prompt as the model got it, where the run says so, with what is searched for marked', async () => {
    const rendered = '<|im_start|>user\nprompt 0<|im_end|>\n<|im_start|>assistant\n';
    const prompt = [{ role: 'user', content: 'prompt 0' }];
    const recorded = (step: number) => {
      const rows = rollouts(step).rows.map((row) => (row.group === 0 ? { ...row, prompt } : row));
      return { ...rollouts(step), rows: rows.map((row, i) => (i === 0 ? { ...row, rendered_prompt: rendered } : row)) };
    };
    const { page, posted } = bound(await opened({}, 6, recorded));
    await expect.poll(() => region(0).locator('.prompt').innerText()).toBe(rendered);
    await page.getByRole('searchbox', { name: 'Search completions' }).fill('prompt 0');
    await expect.poll(() => region(0).locator('.prompt mark').allInnerTexts()).toEqual(['prompt 0']);
    await page.getByRole('button', { name: 'This Prompt in Other Steps' }).click();
    await page.getByRole('heading', { name: 'This prompt in other steps' }).waitFor();
    expect(await posted('promptGroups')).toMatchObject([{ prompt }]);
    expect(await page.locator('.prompt').innerText()).toBe(rendered);
  });

  test('is copied: a completion, the prompt, all of it', async () => {
    const { page } = await opened();
    await page.evaluate(() => {
      const copied: string[] = [];
      const writeText = async (text: string) => void copied.push(text);
      Object.defineProperty(navigator, 'clipboard', { value: { writeText } });
      Object.assign(window, { copied });
    });
    await region(0).locator('article').nth(1).getByRole('button', { name: 'Copy' }).click();
    await page.getByRole('button', { name: 'Copy Prompt' }).click();
    await page.getByRole('button', { name: 'Copy as JSON' }).click();
    await page.getByRole('button', { name: 'Copied' }).first().waitFor();
    const copied = await page.evaluate(() => (window as unknown as { copied: string[] }).copied);
    expect(copied.slice(0, 2)).toEqual([`answer 2 of step ${STEPS}`, 'prompt 0']);
    expect(JSON.parse(copied[2]!).map(({ reward }: { reward: number }) => reward)).toEqual([7, 7, 2, 1]);
  });

  test('compares its best completion with the worst, or any two, word by word', async () => {
    const { page } = await opened();
    await page.getByRole('button', { name: 'Diff Best and Worst' }).click();
    const diff = page.getByRole('region', { name: 'Diff' });
    expect([await diff.locator('del').allInnerTexts(), await diff.locator('ins').allInnerTexts()]).toEqual([
      ['7'],
      ['1'],
    ]);
    await diff.getByRole('combobox', { name: 'Left' }).selectOption({ index: 2 });
    expect(await diff.locator('del').allInnerTexts()).toEqual(['2']);
    await region(0).locator('article').nth(1).getByRole('button', { name: 'Diff with Best' }).click();
    expect([await diff.locator('del').innerText(), await diff.locator('ins').innerText()]).toEqual(['7', '2']);
    await diff.getByRole('button', { name: 'Close diff' }).click();
    expect(await diff.count()).toBe(0);
  });

  test('shows its prompt in other steps, with the solve rate, and leads to each of them', async () => {
    const { page, send, posted } = bound(await opened());
    await page.getByRole('button', { name: 'This Prompt in Other Steps' }).click();
    await page.getByRole('heading', { name: 'This prompt in other steps' }).waitFor();
    const [{ id, prompt }] = (await posted<{ id: number; prompt: string }>('promptGroups')) as [
      { id: number; prompt: string },
    ];
    expect(prompt).toBe('prompt 0');
    const progress = { type: 'promptGroups', id, of: 12, unreadable: 0 };
    const at = (step: number, group: number) => ({
      ...{ step, group },
      rows: [0, 1, 2, 3].map((i) => completion(step, 0, i, { group, reward: step === 12 ? 7 : i })),
    });
    await send({ ...progress, searched: 1, done: false, groups: [at(12, 0)] });
    await page.getByText('1 step so far; 1 of 12 read…').waitFor();
    await send({ ...progress, searched: 12, done: true, groups: [at(3, 5)] });
    await page.getByText('2 steps of 12 in the run').waitFor();
    const table = page.getByRole('table', { name: 'Steps with this prompt' });
    expect(await table.locator('tbody tr').allInnerTexts()).toEqual([
      expect.stringMatching(/^12\s+7\.00\s+100 %/),
      expect.stringMatching(/^3\s+1\.50\s+0 %/),
    ]);
    await page.getByLabel('Reward from which a completion is solved').fill('2');
    await expect.poll(() => table.locator('tbody tr').nth(1).innerText()).toMatch(/^3\s+1\.50\s+50 %/);
    await page.getByRole('button', { name: 'Diff First and Last' }).click();
    await page.getByRole('region', { name: 'Diff' }).locator('del', { hasText: '3' }).waitFor();
    await table.getByRole('button', { name: 'Step 3, group 5' }).click();
    await expect.poll(async () => (await posted<{ step: number }>('rollouts')).at(-1)!.step).toBe(3);
    await send(rollouts(3));
    await region(5).waitFor();
    // What nobody looks at is not collected any longer.
    expect(await posted('cancel')).toContainEqual({ type: 'cancel', what: 'promptGroups' });
  });
});

const hit = (step: number, row: number) => ({
  ...{ step, group: Math.floor(row / 4), row, count: 1, title: 'prompt', reward: 1, truncated: false, failed: false },
  ...{ in: 'completion', excerpt: `answer of step ${step}` },
});

describe('the search through all steps', () => {
  test('asks the host, shows hits as they come, and opens one at its step, group and completion', async () => {
    const { page, send, posted } = bound(await opened());
    await page.getByRole('button', { name: 'All Steps' }).click();
    await page.getByText('Type a text, or set a filter').waitFor();
    await page.keyboard.press('/');
    await page.keyboard.type('STEP');
    const asked = () => posted<{ id: number; query: { text: string; least: number | null } }>('search');
    await expect.poll(async () => (await asked()).at(-1)?.query.text).toBe('STEP');
    const { id } = (await asked()).at(-1)!;
    const progress = { type: 'hits', of: 12, unreadable: 0, full: false };
    await send({ ...progress, id, searched: 1, done: false, hits: [hit(12, 1), hit(12, 2)] });
    await page.getByText('2 hits in 1 of 12 steps…').waitFor();
    // What an earlier question finds is none of this one's.
    await send({ ...progress, id: id - 1, searched: 5, done: false, hits: [hit(11, 1)] });
    await send({ ...progress, id, searched: 12, done: true, hits: [hit(4, 22)] });
    await page.getByText('3 hits in 12 steps').waitFor();
    expect(await page.locator('.hit-row mark').allInnerTexts()).toEqual(['step', 'step', 'step']);
    await page.locator('.hit-row', { hasText: 'Step 4' }).click();
    await expect.poll(async () => (await posted<{ step: number }>('rollouts')).at(-1)!.step).toBe(4);
    await send(rollouts(4));
    await region(5).locator('article.found').waitFor();
    expect(await region(5).locator('article.found pre').innerText()).toBe('answer 5 of step 4');
    // Its three equal ones have one card, which is the second.
    expect(await region(5).locator('article.found .rank').innerText()).toBe('#2');
  });

  test('is for the filters, too, and can be stopped', async () => {
    const { page, send, posted } = bound(await opened());
    await page.getByRole('button', { name: 'All Steps' }).click();
    await page.getByRole('button', { name: 'Filter', exact: true }).click();
    await page.getByLabel('Lowest reward').fill('3');
    await page.getByLabel('Last step').fill('9');
    const asked = () => posted<{ id: number; query: object }>('search');
    await expect.poll(async () => (await asked()).at(-1)?.query).toMatchObject({ least: 3, lastStep: 9, text: '' });
    const { id } = (await asked()).at(-1)!;
    await send({
      ...{ type: 'hits', id, of: 9, searched: 1, unreadable: 0, done: false, full: false, hits: [hit(9, 0)] },
    });
    await page.getByRole('button', { name: 'Filter (2)' }).waitFor();
    await page.getByRole('button', { name: 'Stop' }).click();
    await expect.poll(() => posted('cancel')).toEqual([{ type: 'cancel', what: 'search' }]);
    await page.getByText('1 hit in 1 step').waitFor();
  });
});

/** With `generations`: the second group of 8 has a signal only since its last four. */
const grown = (step: number) => {
  const scored = [[2, 7, 1, 7], [0, 0, 0, 0, 0, 1, 0, 0], Array<number>(12).fill(0)];
  const rows = scored.flatMap((rewards, group) => {
    const mean = rewards.reduce((sum, reward) => sum + reward, 0) / rewards.length;
    const std = Math.sqrt(rewards.reduce((sum, reward) => sum + (reward - mean) ** 2, 0) / (rewards.length - 1));
    return rewards.map((reward, i) => {
      const own = { reward, rewards: { right: reward }, advantage: (reward - mean) / (std + 1e-4) };
      return completion(step, group, i % 4, { ...own, completion: `answer ${i} of step ${step}` });
    });
  });
  return { type: 'rollouts', step, problem: null, rows };
};

test('groups of different sizes have a mark for each completion, and the arithmetic of their own', async () => {
  const { page } = await opened({ width: 1100 }, 3, grown, { generations: { min: 4, max: 12 } });
  await page.locator('.group-row', { hasText: 'prompt 1' }).click();
  await region(1).waitFor();
  await page.getByText('8 completions · mean reward 0.13').waitFor();
  await page.locator('.group-row', { hasText: 'prompt 2' }).getByText('too hard').waitFor();
  // (1 − 1/8) ÷ √(7 · (1/8)² + (7/8)²) ÷ 7).
  expect(await region(1).locator('.arithmetic').first().innerText()).toBe('(1 − 0.125) ÷ 0.354 = +2.47');
  await page.screenshot({ path: screenshotFile('groups of different sizes') });
});

test('what was open comes back: step, group, order, search, and the prompt in other steps', async () => {
  const first = await opened();
  await first.page.getByRole('spinbutton', { name: 'Step' }).fill('7');
  await first.page.keyboard.press('Enter');
  await expect.poll(async () => (await first.posted<{ step: number }>('rollouts')).at(-1)!.step).toBe(7);
  await first.send(rollouts(7));
  await first.page.getByRole('columnheader', { name: 'Mean' }).getByRole('button').click();
  await first.page.getByRole('searchbox', { name: 'Search completions' }).fill('answer');
  await first.page.locator('.group-row', { hasText: 'prompt 4' }).click();
  await first.page.getByRole('button', { name: 'This Prompt in Other Steps' }).click();
  const state = await first.kept();
  await first.close();

  webview = await BareWebview.open('webview', { state });
  await webview.send(snapshot);
  await expect.poll(async () => (await webview.posted<{ step: number }>('rollouts')).at(-1)?.step).toBe(7);
  await webview.send(rollouts(7));
  await webview.page.getByRole('heading', { name: 'This prompt in other steps' }).waitFor();
  expect((await webview.posted<{ prompt: string }>('promptGroups')).at(-1)!.prompt).toBe('prompt 4');
  await webview.page.getByRole('button', { name: '← Group 4' }).click();
  await region(4).waitFor();
  expect((await titles())[0]).toBe('prompt 5');
  expect(await webview.page.getByRole('searchbox', { name: 'Search completions' }).inputValue()).toBe('answer');
});

/** Its methods, to be called by their names alone. */
function bound(view: BareWebview) {
  return {
    page: view.page,
    send: view.send.bind(view),
    posted: view.posted.bind(view) as BareWebview['posted'],
    kept: view.kept.bind(view),
  };
}
