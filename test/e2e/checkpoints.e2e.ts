/** The Checkpoints tab on a real run: the list, a chat beside the start model, and the held-out prompts before and after. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Locator } from 'playwright-core';
import { expect } from 'vitest';
import { violations } from './helpers/axe.ts';
import type { Dashboard } from './helpers/dashboard.ts';
import { type Theme, themes } from './helpers/editor.ts';
import { until } from './helpers/processes.ts';
import { makeRun } from './helpers/runs.ts';
import { Session } from './helpers/session.ts';

const session = new Session({}, (workspace) => {
  // A context in which an answer without an end takes a while, to stop it.
  const file = join(workspace, 'models/tiny-sort/config.json');
  const config = JSON.parse(readFileSync(file, 'utf8')) as object;
  writeFileSync(file, JSON.stringify({ ...config, max_position_embeddings: 16384 }));
  makeRun(workspace, 'sort.grpo.json', {
    ...{ maxSteps: 20, saveSteps: 10, evalSteps: 10, evalPrompts: 24, learningRate: 0.001, numGenerationsEval: 2 },
  });
});

/** An answer to the latest question. */
const answer = ({ frame }: Dashboard, name: string): Locator =>
  frame.locator('.exchange').last().getByRole('article', { name });

async function rewardOf(card: Locator): Promise<number> {
  const text = await card
    .locator('.reward')
    .filter({ hasText: /^reward / })
    .innerText();
  return Number(text.replace('reward ', '').replace('−', '-'));
}

session.test('lists the checkpoints with their held-out rewards', async ({ editor, dashboard }) => {
  await editor.page.getByRole('tab', { name: 'GRPO Lab' }).click();
  await editor.treeItem('20/20').click();
  await dashboard.state.filter({ hasText: 'done' }).waitFor();
  await dashboard.show('Checkpoints');
  const list = dashboard.frame.getByRole('list', { name: 'Checkpoints' });
  await list.getByRole('button', { name: /^Step 20.*held-out reward \d.*full model/ }).waitFor();
  await list.getByRole('button', { name: /^Step 10.*held-out reward \d.*full model/ }).waitFor();
  expect(await list.locator('.best:visible').count()).toBe(1);
});

session.test('answers beside the start model, and scores both', async ({ editor, dashboard }) => {
  const { frame } = dashboard;
  await frame.getByRole('button', { name: 'Try Step 20' }).click();
  await frame.getByRole('button', { name: 'Choose a Prompt' }).waitFor();
  // As in training: what the start model finds most likely is right more often than what it draws.
  await frame.getByRole('combobox', { name: 'Sampling' }).selectOption('Sampled');
  const totals = { base: 0, checkpoint: 0 };
  for (let index = 0; index < 6; index++) {
    await frame.getByRole('button', { name: 'Choose a Prompt' }).click();
    await frame.getByRole('list', { name: 'Prompts' }).getByRole('button').nth(index).click();
    await until('another question', async () => (await frame.locator('.exchange').count()) === index + 1);
    totals.base += await rewardOf(answer(dashboard, 'Start model'));
    totals.checkpoint += await rewardOf(answer(dashboard, 'Step 20'));
    await frame.getByRole('button', { name: 'Send' }).waitFor();
  }
  expect(totals.checkpoint).toBeGreaterThan(totals.base);
  const scores = answer(dashboard, 'Step 20').locator('.scores');
  await scores.getByText('inclusion').waitFor();
  await scores.getByText('ordering').waitFor();
  await editor.screenshot('checkpoints-try');
});

session.test('says why a typed prompt without columns has no reward', async ({ editor, dashboard }) => {
  const { frame } = dashboard;
  await frame.getByRole('textbox', { name: 'Prompt' }).fill('Sort 3 2 1 0 :');
  await editor.page.keyboard.press('Enter');
  await answer(dashboard, 'Step 20').getByText('numbers is not iterable').waitFor();
  await answer(dashboard, 'Step 20').getByText('no reward').waitFor();
});

session.test('Stop ends an answer', async ({ editor, dashboard }) => {
  const { frame } = dashboard;
  await frame.getByRole('combobox', { name: 'Sampling' }).selectOption('Greedy');
  await frame.getByRole('spinbutton', { name: 'Max tokens' }).fill('16000');
  await frame.getByRole('textbox', { name: 'Prompt' }).fill('1');
  await editor.page.keyboard.press('Enter');
  const text = answer(dashboard, 'Start model').locator('pre');
  await until('some tokens', async () => (await text.innerText()).length > 20);
  await editor.screenshot('checkpoints-writing');
  await frame.getByRole('button', { name: 'Stop' }).click();
  await answer(dashboard, 'Start model').getByText('stopped').waitFor();
  await frame.getByRole('button', { name: 'Send' }).waitFor();
  // It can be asked again.
  await frame.getByRole('spinbutton', { name: 'Max tokens' }).fill('16');
  await frame.getByRole('textbox', { name: 'Prompt' }).fill('Sort 4 1 3 2:');
  await editor.page.keyboard.press('Enter');
  // The exchange before it has counts of tokens too.
  const latest = frame.locator('.exchange').last().filter({ hasText: 'Sort 4 1 3 2:' });
  for (const name of ['Start model', 'Step 20'])
    await latest
      .getByRole('article', { name })
      .getByText(/\d tokens/)
      .waitFor();
});

session.test('what was said is still there after the panel was hidden', async ({ editor, dashboard }) => {
  const before = await dashboard.frame.locator('.exchange').count();
  await editor.openFile('sort.grpo.json');
  await editor.page.getByRole('tab', { name: 'sort', exact: true }).click();
  await until('the chat to be back', async () => (await dashboard.frame.locator('.exchange').count()) === before);
  await answer(dashboard, 'Start model')
    .getByText(/\d tokens/)
    .waitFor();
});

session.test('shows held-out prompts before and after, the largest loss first', async ({ editor, dashboard }) => {
  const { frame } = dashboard;
  await frame.getByRole('button', { name: 'Before and After' }).click();
  await frame.getByText(/^24 prompts: \d+ better, \d+ worse/).waitFor();
  const gains = async () =>
    (await frame.locator('.held-out-prompt .gain').allTextContents()).map((text) => Number(text.replace('−', '-')));
  const worse = await gains();
  expect(worse.length).toBe(24);
  expect(worse).toEqual(worse.toSorted((a, b) => a - b));
  await frame.getByRole('combobox', { name: 'Order' }).selectOption('Largest gain first');
  const better = await gains();
  expect(better).toEqual(worse.toSorted((a, b) => b - a));
  expect(better[0]).toBeGreaterThan(0);
  await frame.locator('.held-out-prompt summary').first().click();
  // Two completions a prompt at each evaluation.
  const sides = frame.locator('.held-out-prompt[open]');
  await sides.getByRole('region', { name: 'Start model' }).getByText('mean of 2 completions').waitFor();
  // Equal ones share a card.
  const cards = sides.getByRole('region', { name: 'Step 20' }).getByRole('article');
  expect((await cards.count()) + (await cards.getByText('× 2').count())).toBe(2);
  await editor.screenshot('checkpoints-before-after');
  await frame.getByRole('searchbox', { name: 'Search', exact: true }).fill('sort 7');
  await frame.locator('mark').first().waitFor();
  await frame.getByRole('searchbox', { name: 'Search', exact: true }).fill('');
});

for (const theme of Object.keys(themes) as Theme[])
  session.test(`axe finds nothing wrong: ${theme}`, async ({ editor, dashboard }) => {
    const { frame } = dashboard;
    await editor.setTheme(theme);
    await frame.getByRole('button', { name: 'Before and After' }).click();
    await frame.locator('.held-out-prompt').first().waitFor();
    expect(await violations(dashboard), 'before and after').toEqual([]);
    await frame.getByRole('button', { name: 'Try', exact: true }).click();
    await frame.locator('.exchange').first().waitFor();
    expect(await violations(dashboard), 'a chat').toEqual([]);
    await editor.screenshot(`checkpoints-${theme}`);
  });

session.test('fits into narrow windows', async ({ editor, dashboard }) => {
  await editor.setTheme('dark');
  for (const width of [1000, 520]) {
    if (width < 600) await editor.command('View: Toggle Primary Side Bar Visibility');
    await editor.page.setViewportSize({ width, height: 900 });
    await dashboard.frame.getByRole('textbox', { name: 'Prompt' }).waitFor();
    await editor.screenshot(`checkpoints-${width}`);
  }
  await dashboard.frame.getByRole('button', { name: 'Before and After' }).click();
  await dashboard.frame.locator('.held-out-prompt').first().waitFor();
  await editor.screenshot('checkpoints-before-after-520');
  await editor.page.setViewportSize({ width: 1440, height: 900 });
});
