/** The Overview tab alone, and what is around all tabs, with made-up runs. */
import type { Page } from 'playwright-core';
import { afterEach, expect, test } from 'vitest';
import { BareWebview } from './helpers/bare-webview.ts';

let webview: BareWebview | undefined;
afterEach(async () => {
  await webview?.close();
  webview = undefined;
});

const STEPS = 40;
const OTHER = '/runs/2';

const head = (folder: string, name: string) => ({
  ...{ folder, name, createdAt: '2026-01-01T00:00:00Z', state: 'done', reason: null, step: STEPS, scored: STEPS },
  ...{ device: 'cpu', trainer: 'none' },
  config: { maxSteps: STEPS, rewards: [], model: 'models/tiny-sort', lossType: 'dapo', baseline: 'group', beta: 0 },
  changes: [{ step: 21, at: '', field: 'config.learningRate', from: 0.0001, to: 0.0003 }],
});

/** Two seconds and a hundred tokens a step; the reward is the step times `slope`, between 0 and 10. */
function run(folder: string, name: string, slope: number, steps = STEPS) {
  const all = Array.from({ length: steps }, (_, i) => i + 1);
  const column = (of: (step: number) => number) => Float64Array.from(all, of);
  const columns = {
    steps: column((step) => step),
    values: {
      reward: column((step) => step * slope),
      'groups/reward_std': column(() => 3),
      reward_min: column(() => 0),
      reward_max: column(() => 10),
      step_time: column(() => 2),
      num_tokens: column((step) => step * 100),
      loss: column(() => 0.1),
      kl: column((step) => step / 1000),
      'groups/too_easy': column(() => 0.25),
    },
  };
  return { type: 'snapshot', version: 1, main: folder !== OTHER, head: head(folder, name), columns };
}

const histogram = (...values: number[]) => ({
  values: Float64Array.from(values),
  counts: Float64Array.from(values, () => 4),
});
/** Four completions each of reward 0 and 2, and from step 11 on 4. */
const rewards = (steps: number[]) => ({
  type: 'distribution',
  steps: steps.map((step) => {
    const reward = step > 10 ? histogram(0, 2, 4) : histogram(0, 2);
    return { step, completions: step > 10 ? 12 : 8, reward, functions: { exact: histogram(0, 1) } };
  }),
  missing: [],
});

/** What the page would find again after a reload. */
const kept = (page: Page): Promise<Record<string, unknown>> =>
  page.evaluate(() => (window as unknown as { kept: Record<string, unknown> }).kept);

async function open() {
  webview = await BareWebview.open('webview');
  const { page } = webview;
  await webview.send(run('/runs/1', 'sort', 0.2));
  const asked = () => webview!.posted<{ steps: number[] }>('distribution');
  await expect.poll(async () => (await asked()).length).toBe(1);
  await webview.send(rewards((await asked())[0]!.steps));
  const chart = (id: string) => page.locator(`.chart-${id}`);
  return {
    webview,
    page,
    chart,
    send: webview.send.bind(webview),
    legend: (id: string) => chart(id).locator('.readout'),
  };
}

test('the legend says the step and all values at the cursor, those of overlaid runs included', async () => {
  const { page, send, legend } = await open();
  await send({ type: 'runs', runs: [{ ...head(OTHER, 'sort · lr 1e-4'), main: undefined }] });
  await page.getByRole('tab', { name: 'Compare' }).click();
  await page.getByRole('checkbox').first().check();
  await send(run(OTHER, 'sort · lr 1e-4', 0.1, 30));
  await page.getByRole('tab', { name: 'Overview' }).click();
  expect(await legend('reward').innerText()).toMatch(/step 40\s*mean\s*8\s*mean ± std\. dev\. within groups\s*5 to 10/);
  expect(await legend('reward').locator('.overlay-value').innerText()).toMatch(/sort · lr 1e-4\s*3$/);
  const slider = page.getByRole('slider', { name: /^Reward/ });
  await slider.focus();
  for (let i = 0; i < 20; i++) await page.keyboard.press('ArrowLeft');
  expect(await legend('reward').innerText()).toMatch(/step 20\s*mean\s*4\s*mean.*within groups\s*1 to 7/s);
  expect(await legend('reward').locator('.overlay-value').innerText()).toMatch(/lr 1e-4\s*2$/);
  expect(await legend('groups').locator('.overlay-value').innerText()).toMatch(/in all 25 %$/);
  // It has ended before.
  await page.keyboard.press('End');
  expect(await legend('reward').locator('.overlay-value').innerText()).toMatch(/–$/);
  const colors = await page
    .locator('.chart-reward .readout .swatch')
    .evaluateAll((swatches) => swatches.map((swatch) => (swatch as HTMLElement).style.getPropertyValue('--color')));
  expect(new Set(colors).size).toBe(colors.length - 1); // the band has its line's
});

test('the band can be switched off, and explains itself', async () => {
  const { page, legend } = await open();
  const band = legend('reward').getByRole('button', { name: /within groups/ });
  await band.hover();
  await page
    .getByRole('tooltip')
    .filter({ hasText: /ends where the rewards of the step do/ })
    .waitFor();
  await band.click();
  await expect.poll(() => band.getAttribute('aria-pressed')).toBe('false');
});

test('stages are told in the head and in the legend; a step without completions opens the nearest with some', async () => {
  const stages = [
    { kind: 'sft', name: 'cold start', maxSteps: 10 },
    { kind: 'grpo', name: 'grpo', maxSteps: 30 },
  ];
  const staged = run('/runs/1', 'sort', 0.2);
  webview = await BareWebview.open('webview');
  const { page } = webview;
  await webview.send({ ...staged, head: { ...staged.head, config: { ...staged.head.config, stages } } });
  await page.getByText('grpo (2 of 2)').waitFor();
  const asked = () => webview!.posted<{ steps: number[] }>('distribution');
  await expect.poll(async () => (await asked()).length).toBe(1);
  expect(Math.min(...(await asked())[0]!.steps)).toBe(11);
  const slider = page.getByRole('slider', { name: /^KL/ });
  const legend = page.locator('.chart-kl .readout .at');
  await slider.focus();
  await page.keyboard.press('Home');
  expect(await legend.innerText()).toBe('step 1 · cold start');
  await page.keyboard.press('End');
  expect(await legend.innerText()).toBe('step 40 · grpo');
  expect(await slider.getAttribute('aria-valuetext')).toBe('step 40, grpo');
  const box = (await page.locator('.chart-reward .u-over').boundingBox())!;
  await page.mouse.click(box.x + box.width * 0.1, box.y + box.height / 2);
  await page.getByText('of 40 · grpo').waitFor();
  expect((await kept(page)).step).toBe(11);
});

test('the x axis is steps, time or tokens; the zoom stays where it was', async () => {
  const { page, legend } = await open();
  const slider = page.getByRole('slider', { name: /^Reward/ });
  await slider.focus();
  for (let i = 0; i < 20; i++) await page.keyboard.press('ArrowLeft');
  await page.keyboard.press('+');
  await page.getByText(/^Steps 10 to 30$/).waitFor();
  const axis = page.getByRole('combobox', { name: 'X axis' });
  await axis.selectOption('time');
  await page.getByText('20 s to 1:00 min').waitFor();
  await slider.focus();
  await page.keyboard.press('Home');
  expect(await legend('reward').innerText()).toMatch(/^step 10 · 20 s/);
  expect(await slider.getAttribute('aria-valuetext')).toBe('step 10, 20 s');
  await axis.selectOption('tokens');
  await page.getByText('1,000 to 3,000 tokens').waitFor();
  await slider.focus();
  await page.keyboard.press('0');
  await page.getByText(/^Drag to zoom/).waitFor();
  // A click finds the step that is there.
  const box = (await page.locator('.chart-reward .u-over').boundingBox())!;
  await page.mouse.click(box.x + box.width / 2, box.y + box.height / 2);
  await expect.poll(async () => (await kept(page)).step).toBe(20);
});

test('the distribution of rewards is read with the keyboard, by the pointer, and as a table', async () => {
  const { page, chart } = await open();
  const map = chart('distribution');
  const slider = page.getByRole('slider', { name: /^Distribution of rewards/ });
  expect(await map.locator('.readout').innerText()).toMatch(/^step 40 · min 0 · median 2 · max 4 · 12 completions/);
  await slider.focus();
  await page.keyboard.press('Home');
  await page.keyboard.press('ArrowUp');
  expect(await slider.getAttribute('aria-valuetext')).toBe('step 1 · reward 0: 4 of 8 completions (50 %)');
  await page.keyboard.press('ArrowUp');
  await page.keyboard.press('ArrowRight');
  expect(await slider.getAttribute('aria-valuetext')).toBe('step 2 · reward 2: 4 of 8 completions (50 %)');
  const box = (await slider.boundingBox())!;
  await page.mouse.move(box.x + box.width - 30, box.y + 14);
  await expect
    .poll(() => map.locator('.readout').innerText())
    .toMatch(/^step 40 · reward 4: 4 of 12 completions \(33.3 %\)/);
  await map.getByRole('button', { name: 'exact' }).click();
  await expect.poll(() => map.locator('.readout').innerText()).toMatch(/max 1 · 8 completions, 4 without a score/);
  await map.getByRole('button', { name: 'Table of Distribution of rewards' }).click();
  const rows = page.getByRole('table', { name: 'Distribution of rewards' }).getByRole('row');
  expect(await rows.nth(1).innerText()).toMatch(/40\s+0\s+0\s+0\s+1\s+1\s+12\s+8/);
  await map.getByRole('button', { name: 'Table of Distribution of rewards' }).click();
  await slider.waitFor();
  // The pointer's place is that of a step: its completions are a click away.
  await page.mouse.click(box.x + box.width - 30, box.y + 14);
  await page.getByRole('tab', { name: 'Rollouts', selected: true }).waitFor();
  expect((await kept(page)).step).toBe(40);
});

test('only what is not known is read, and all of it again after the run was taken back', async () => {
  const { webview: shown, page, send } = await open();
  const asked = async () => (await shown.posted<{ steps: number[] }>('distribution')).map(({ steps }) => steps);
  expect((await asked())[0]!.toSorted((a, b) => a - b)).toEqual(Array.from({ length: STEPS }, (_, i) => i + 1));
  const more = { steps: Float64Array.of(41), values: { reward: Float64Array.of(8) } };
  await send({ type: 'append', folder: '/runs/1', columns: more });
  await expect.poll(async () => (await asked()).at(-1)).toEqual([41]);
  await send(run('/runs/1', 'sort', 0.2, 12));
  await expect.poll(async () => (await asked()).at(-1)!.length).toBeGreaterThan(10);
  expect(await page.locator('.chart-distribution canvas').count()).toBe(1);
});

test('what changed about the run is marked, listed, and said', async () => {
  const { page, legend } = await open();
  const text = 'From step 21: learningRate 0.0001 → 0.0003';
  await page.getByRole('list', { name: 'Changes during the run' }).getByRole('button', { name: text }).click();
  await legend('kl').getByText(text).waitFor();
  await page.getByRole('slider', { name: /^KL/ }).focus();
  await page.keyboard.press('ArrowLeft');
  await page.keyboard.press('ArrowRight');
  await page
    .locator('[role=status]')
    .filter({ hasText: `Step 21: KL 0.021. ${text}` })
    .waitFor();
  for (let i = 0; i < 10; i++) await page.keyboard.press('ArrowLeft');
  await legend('kl').getByText(text).waitFor({ state: 'hidden' });
});

test('terms are explained on focus and by the pointer; Escape closes that alone', async () => {
  const { page } = await open();
  const name = page.locator('.chart-kl h2 dfn');
  await page.getByRole('button', { name: 'Save Reward' }).focus();
  const tooltip = page.getByRole('tooltip').filter({ visible: true });
  expect(await tooltip.count()).toBe(0);
  for (let i = 0; i < 30 && !(await name.evaluate((element) => element === document.activeElement)); i++)
    await page.keyboard.press('Tab');
  expect(await tooltip.innerText()).toMatch(/^Divergence of the trained model from the reference policy/);
  const described = await name.getAttribute('aria-describedby');
  expect(await page.locator(`#${described}`).innerText()).toBe(await tooltip.innerText());
  await page.keyboard.press('Escape');
  expect(await tooltip.count()).toBe(0);
  expect(await name.evaluate((element) => element === document.activeElement)).toBe(true);
  await page.locator('.head dfn').filter({ hasText: 'duration' }).hover();
  await tooltip.filter({ hasText: /pauses do not count/ }).waitFor();
  await page.mouse.move(600, 600);
  await tooltip.waitFor({ state: 'hidden' });
});

test('the keys go to tabs, and are listed', async () => {
  const { page } = await open();
  await page.locator('.facts').filter({ hasText: 'tiny-sort' }).waitFor();
  for (const [key, tab] of ['Overview', 'Rollouts', 'Compare', 'Config', 'Checkpoints'].entries()) {
    await page.keyboard.press(String(key + 1));
    await page.getByRole('tab', { name: tab, selected: true }).waitFor();
  }
  await page.keyboard.press('ArrowRight');
  await page.getByRole('tab', { name: 'Overview', selected: true }).waitFor();
  await page.keyboard.press('End');
  await page.getByRole('tab', { name: 'Checkpoints', selected: true }).waitFor();
  await page.keyboard.press('?');
  const keys = page.getByRole('dialog', { name: 'Keyboard shortcuts' });
  await keys.getByText('read the completions of the step').waitFor();
  await page.keyboard.press('Escape');
  await keys.waitFor({ state: 'hidden' });
});

test('the note on the loss is that of the loss type', async () => {
  const { chart } = await open();
  expect(await chart('loss').locator('.note').innerText()).toMatch(/dapo averages over tokens/);
});

test.each([1440, 1000, 520, 440])(
  'at a width of %i pixels the head takes two rows, and nothing sticks out',
  async (width) => {
    const { page } = await open();
    await page.setViewportSize({ width, height: 900 });
    const { height } = (await page.locator('header.head').boundingBox())!;
    expect(height).toBeLessThan(80);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
    const buttons = (await page.locator('.buttons').boundingBox())!;
    expect(buttons.x + buttons.width).toBeLessThanOrEqual(width);
    const curves = page.locator('.curves');
    expect(await curves.evaluate((element) => element.scrollWidth - element.clientWidth)).toBe(0);
    expect((await curves.boundingBox())!.height).toBeGreaterThan(760);
  },
);

test('the curves are scrolled as they were', async () => {
  const { page } = await open();
  await page.mouse.move(600, 500);
  await page.mouse.wheel(0, 150);
  await expect.poll(async () => (await kept(page)).scrolled).toBe(150);
  const state = await kept(page);
  await webview!.close();
  webview = await BareWebview.open('webview', { state });
  await webview.send(run('/runs/1', 'sort', 0.2));
  await expect.poll(() => webview!.page.locator('.curves').evaluate((element) => element.scrollTop)).toBe(150);
});
