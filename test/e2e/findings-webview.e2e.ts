/** The list of findings in the Overview tab alone, with a made-up run that has more of them than any real one. */
import { afterEach, expect, test } from 'vitest';
import { BareWebview } from './helpers/bare-webview.ts';
import { screenshotFile } from './helpers/screenshots.ts';

let webview: BareWebview | undefined;
afterEach(async () => {
  await webview?.close();
  webview = undefined;
});

const STEPS = 40;
const head = {
  ...{ folder: '/runs/1', name: 'sort', createdAt: '2026-01-01T00:00:00Z', state: 'running', reason: null },
  ...{ step: STEPS, scored: STEPS, device: 'cpu', trainer: 'ours' },
  config: { maxSteps: 100, rewards: [], model: 'models/tiny-sort', lossType: 'dapo', baseline: 'group', beta: 0 },
};

function run(changes: object = {}) {
  const all = Array.from({ length: STEPS }, (_, i) => i + 1);
  const column = (of: (step: number) => number) => Float64Array.from(all, of);
  const values = {
    ...{ reward: column((step) => step / 4), entropy: column((step) => 2 - step / 30), kl: column((step) => step / 9) },
    ...{ 'completions/mean_length': column(() => 9), 'completions/clipped_ratio': column(() => 1) },
  };
  const columns = { steps: column((step) => step), values };
  return { type: 'snapshot', version: 1, main: true, head: { ...head, ...changes }, columns };
}

const found = (kind: string, severity: string, title: string, more: object = {}) => ({
  key: kind,
  finding: {
    ...{ kind, severity, title, evidence: `Since step 12, this is so: ${title.toLowerCase()}, by 0.75.` },
    ...{ steps: { first: 12, last: STEPS }, metrics: [] },
    ...more,
  },
});
const CUT_OFF = found('all-truncated', 'error', 'Every completion is cut off', {
  metrics: ['completions/clipped_ratio'],
  remedy: { action: 'set', path: ['maxCompletionLength'], value: 256 },
});
const FAILS = found('reward-fails', 'error', 'A reward fails', {
  place: { file: '/w/rewards/sort.reward.ts', line: 12 },
  remedy: { action: 'fix-reward' },
  examples: [{ step: 39, group: 1, row: 3 }],
});
const COLLAPSE = found('entropy', 'warning', 'Entropy collapses', { metrics: ['entropy', 'kl'] });
const HACKED = found('hacking-functions', 'warning', '"brevity" rises while "inclusion" falls', {
  ...{ metrics: ['reward'], remedy: { action: 'set', path: ['rewards', 0, 'weight'], value: 2 } },
  also: [
    found('length-collapse', 'warning', 'Completions collapse in length', { metrics: ['completions/mean_length'] }),
    found('same-answers', 'warning', 'One answer to everything'),
  ].map(({ finding }) => finding),
});
const REPEATED = found('prompts', 'information', 'Prompts are repeated');
const LONG_VALUE = found('length-explosion', 'warning', 'Completions explode in length', {
  remedy: { action: 'set', path: ['stages', 12, 'lengthPenalty'], value: { target: 4096, alpha: 0.25 } },
});
const send = (...findings: object[]) => webview!.send({ type: 'findings', findings });

async function open(changes: object = {}) {
  webview = await BareWebview.open('webview');
  await webview.send(run(changes));
  const { page } = webview;
  const section = page.getByRole('region', { name: 'Findings' });
  const rows = section.getByRole('listitem');
  return { webview, page, section, rows, toggle: section.getByRole('button', { name: /^Findings/ }) };
}

test('the host is asked to look while the list is in sight', async () => {
  const { webview: shown, page, section } = await open();
  const watched = async () => (await shown.posted<{ watch: boolean }>('watchFindings')).map(({ watch }) => watch);
  expect(await watched()).toEqual([true]);
  expect(await section.count()).toBe(0);
  await page.getByRole('tab', { name: 'Rollouts' }).click();
  await expect.poll(watched).toEqual([true, false]);
  await page.getByRole('tab', { name: 'Overview' }).click();
  await expect.poll(watched).toEqual([true, false, true]);
});

test('a short list is open, a long one a line with counts and the worst, and stays as it was chosen', async () => {
  const { section, rows, toggle } = await open();
  await send(CUT_OFF, FAILS, COLLAPSE, REPEATED);
  expect(await toggle.getAttribute('aria-expanded')).toBe('false');
  expect(await toggle.innerText()).toMatch(/2 errors, 1 warning, 1 note\s*Every completion is cut off/);
  expect(await rows.count()).toBe(0);
  await toggle.click();
  await expect.poll(() => rows.count()).toBe(4);
  expect((await webview!.kept()) as object).toMatchObject({ findings: true });
  await send();
  await section.waitFor({ state: 'hidden' });
});

test('one that grows while it is read does not close', async () => {
  const { rows } = await open();
  await send(CUT_OFF);
  await send(CUT_OFF, FAILS, COLLAPSE, REPEATED);
  await expect.poll(() => rows.count()).toBe(4);
});

test('what is asked for goes to the host by the name of the finding alone', async () => {
  const { webview: shown, rows } = await open();
  await send(CUT_OFF, FAILS);
  await rows.first().getByText('Set "maxCompletionLength" to 256 and Start Again').click();
  await rows.last().getByRole('button', { name: 'sort.reward.ts:12' }).click();
  await rows.last().getByText('Open Reward').click();
  await rows
    .first()
    .getByRole('button', { name: /^Dismiss/ })
    .click();
  expect(await shown.posted('applyRemedy')).toEqual([
    { type: 'applyRemedy', key: 'all-truncated' },
    { type: 'applyRemedy', key: 'reward-fails' },
  ]);
  expect(await shown.posted('openFinding')).toEqual([{ type: 'openFinding', key: 'reward-fails' }]);
  expect(await shown.posted('dismissFinding')).toEqual([
    { type: 'dismissFinding', key: 'all-truncated', dismissed: true },
  ]);
});

test('what another program trains cannot be started from here: the remedy is said in words', async () => {
  const { rows } = await open({ trainer: 'none', imported: { from: 'TRL', folder: '/trl', missing: [] } });
  await send(CUT_OFF);
  await rows.getByText('Set "maxCompletionLength" to 256.', { exact: true }).waitFor();
  expect(await rows.locator('vscode-button:visible').count()).toBe(0);
});

test('an example opens its completion, the steps their last one', async () => {
  const { webview: shown, page, rows } = await open();
  await send(FAILS);
  await rows.getByRole('button', { name: 'Completion 4 of step 39' }).click();
  await page.getByRole('tab', { name: 'Rollouts', selected: true }).waitFor();
  expect(await shown.kept()).toMatchObject({ step: 39, group: 1, hit: { step: 39, group: 1, row: 3 } });
  expect(await page.evaluate(() => document.activeElement?.id)).toBe('tab-rollouts');
  await page.getByRole('tab', { name: 'Overview' }).click();
  await rows.getByRole('button', { name: 'Steps 12–40' }).click();
  expect(await shown.kept()).toMatchObject({ step: 40, group: null, hit: null });
});

test('its curves are shaded where they show it, and say so to the pointer and to screen readers', async () => {
  const { page, rows } = await open();
  await send(COLLAPSE);
  expect(await rows.locator('.links button').allInnerTexts()).toEqual(['KL from the reference policy', 'Entropy']);
  await rows.getByRole('button', { name: 'Entropy', exact: true }).click();
  const slider = page.getByRole('slider', { name: /^Entropy/ });
  await expect.poll(() => slider.evaluate((element) => element === document.activeElement)).toBe(true);
  await page.keyboard.press('End');
  await page.locator('.chart-entropy .found').filter({ hasText: 'Entropy collapses' }).waitFor();
  expect(await page.locator('.chart-reward .found:visible').count()).toBe(0);
  await page
    .locator('[role=status]')
    .filter({ hasText: /^Step 40: entropy .*\. Entropy collapses$/ })
    .waitFor();
  await page.keyboard.press('Home');
  await page.locator('.chart-entropy .found').waitFor({ state: 'hidden' });
});

test('what a finding explains is part of it', async () => {
  const { rows, page } = await open();
  await send(HACKED);
  const also = rows.getByRole('list', { name: 'Same cause' }).getByRole('listitem');
  expect(await also.allInnerTexts()).toEqual([
    expect.stringMatching(/^Completions collapse in length Since step 12/),
    expect.stringMatching(/^One answer to everything Since step 12/),
  ]);
  await rows.getByRole('button', { name: 'Completion length' }).waitFor();
  await page.screenshot({ path: screenshotFile('findings-explained') });
});

test('the focus stays on a row while its figures change, and moves to the heading when it goes', async () => {
  const { page, rows, toggle } = await open();
  await send(CUT_OFF, COLLAPSE);
  const steps = rows.last().getByRole('button', { name: /^Steps/ });
  await steps.focus();
  const later = { ...COLLAPSE, finding: { ...COLLAPSE.finding, steps: { first: 12, last: 41 } } };
  await send(FAILS, CUT_OFF, later);
  expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('Steps 12–41');
  await send(CUT_OFF);
  await expect.poll(() => toggle.evaluate((element) => element === document.activeElement)).toBe(true);
});

test('a list that comes while a value is read leaves the curve where it is', async () => {
  const { page } = await open();
  const slider = page.getByRole('slider', { name: /^Reward/ });
  await slider.focus();
  const { y } = (await slider.boundingBox())!;
  await send(CUT_OFF, COLLAPSE);
  expect((await slider.boundingBox())!.y).toBeCloseTo(y, 0);
});

test.each([1440, 1000, 520, 320])('at a width of %i pixels nothing sticks out', async (width) => {
  const { page, toggle } = await open();
  await page.setViewportSize({ width, height: 900 });
  await send(CUT_OFF, FAILS, HACKED, COLLAPSE, LONG_VALUE);
  await toggle.click();
  const curves = page.locator('.curves');
  expect(await curves.evaluate((element) => element.scrollWidth - element.clientWidth)).toBe(0);
  const buttons = page.locator('.finding vscode-button:not([hidden])');
  expect(await buttons.count()).toBe(4);
  const cutOff = await buttons.evaluateAll((elements) =>
    elements.filter(({ shadowRoot }) => {
      const base = shadowRoot!.querySelector('.base')!;
      return base.scrollWidth > base.clientWidth || base.scrollHeight > base.clientHeight;
    }),
  );
  expect(cutOff).toHaveLength(0);
  await page.screenshot({ path: screenshotFile(`findings-${width}`) });
});
