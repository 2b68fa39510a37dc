/** The webviews alone, with data arriving: what a user holds, has focused or has selected stays. */
import { afterEach, describe, expect, test } from 'vitest';
import type { PreviewPicture } from '../../src/protocol/preview-view.ts';
import { BareWebview } from './helpers/bare-webview.ts';

let webview: BareWebview | undefined;
const open = async (bundle: 'webview' | 'preview-view'): Promise<BareWebview> => {
  webview = await BareWebview.open(bundle);
  return webview;
};
afterEach(async () => {
  await webview?.close();
  webview = undefined;
});

const UPDATES = 50;

const head = (changes: object = {}) => ({
  ...{ folder: '/runs/1', name: 'sort', createdAt: '2026-01-01T00:00:00Z', state: 'running', reason: null, step: 1 },
  ...{ device: 'cpu', config: { maxSteps: 1000, rewards: [] }, trainer: 'ours', scored: 1 },
  ...changes,
});
const columns = (...steps: number[]) => ({
  steps: Float64Array.from(steps),
  values: { reward: Float64Array.from(steps, (step) => step / 10) },
});
const snapshot = (changes: object = {}) => {
  const described = head(changes);
  return { type: 'snapshot', version: 1, main: described.folder === '/runs/1', head: described, columns: columns(1) };
};

const completion = (step: number, group: number, i: number) => ({
  ...{ step, group, prompt: `prompt ${group}`, completion: `answer ${i} of step ${step}`, rewards: { f: i } },
  ...{ reward: i, advantage: i - 0.5, length: 5, truncated: false, error: null },
});
const rollouts = (step: number) => ({
  type: 'rollouts',
  step,
  rows: Array.from({ length: 8 }, (_, i) => completion(step, Math.floor(i / 2), i % 2)),
  problem: null,
});

const figures = (step: number, round: number) => ({
  ...{ step, completions: 4, reward: { old: 1, new: 1 + round / 100 }, changed: round, flips: round % 3 },
  ...{ failed: 0, left_out: 0, gained: [], lost: [], stale: false },
});
/** Steps as they are scored, newest first; later rounds have others above and below. */
const rescore = (round: number) => ({
  type: 'rescore',
  view: {
    ...{ state: 'running', problem: round % 2 ? 'a.reward.ts:3:1: boom' : null, start: null },
    steps: Array.from({ length: 6 + round }, (_, i) => figures(26 - i + Math.min(10, round), round)),
  },
});

describe('the dashboard', () => {
  test('a rescored step opens though steps arrive while it is clicked', async () => {
    const { page, send, hold } = bound(await open('webview'));
    await send(snapshot(), { type: 'show', view: 'rescore' }, rescore(0));
    await hold('tr:has(button[aria-label="Step 24"]) td', async () => {
      for (let round = 1; round <= UPDATES; round++) await send(rescore(round));
      expect(await page.locator('.rescored-steps tbody tr').count()).toBe(6);
    });
    await page.getByRole('heading', { name: 'Step 24' }).waitFor();
    await page.getByRole('button', { name: 'All steps' }).click();
    await page.getByRole('button', { name: 'Step 36', exact: true }).waitFor();
  });

  test('shows the checkpoint that someone asked for, and keeps the list up to date', async () => {
    const { page, send, posted } = bound(await open('webview'));
    const saved = (...steps: number[]) => ({
      ...{ type: 'checkpoints', evaluated: [], trusted: true },
      saved: steps.map((step) => ({ step, bytes: 1e6, savedAt: '2026-01-01T00:00:00Z', kind: 'full' })),
    });
    await send(snapshot(), saved(10, 20, 30), { type: 'show', view: 'checkpoints', step: 20 });
    const chosen = page.locator('.checkpoint[aria-current=true]');
    expect(await chosen.innerText()).toMatch(/^Step 20/);
    await chosen.focus();
    // `saveTotalLimit` takes the oldest ones.
    await send(saved(20, 30, 40));
    expect(await page.locator('.checkpoint-title strong').allInnerTexts()).toEqual(['Step 40', 'Step 30', 'Step 20']);
    expect(await chosen.evaluate((button) => button === document.activeElement)).toBe(true);
    await page.keyboard.press('ArrowUp');
    await page.locator('.checkpoint[aria-current=true]', { hasText: 'Step 30' }).waitFor();
    await page.keyboard.press('ArrowDown');
    await page.locator('.checkpoint[aria-current=true]', { hasText: 'Step 20' }).waitFor();
    await page.getByRole('button', { name: 'Copy Path' }).click();
    expect(await posted('checkpoint')).toEqual([{ type: 'checkpoint', step: 20, act: 'copyPath' }]);
    await send(saved(30, 40));
    expect(await chosen.innerText()).toMatch(/^Step 40/);
  });

  test('focus and selection stay in a row of the rescored steps', async () => {
    const { page, send } = bound(await open('webview'));
    await send(snapshot(), { type: 'show', view: 'rescore' }, rescore(0));
    await page.getByRole('button', { name: 'Step 24' }).focus();
    for (let round = 1; round <= UPDATES; round++) await send(rescore(round));
    expect(await page.evaluate(() => document.activeElement?.getAttribute('aria-label'))).toBe('Step 24');
    await page.evaluate(() => {
      (document.activeElement as HTMLElement).blur();
      getSelection()!.selectAllChildren(document.querySelector('tr:has(button[aria-label="Step 24"]) td')!);
    });
    await send({ ...rescore(UPDATES), view: { ...rescore(UPDATES).view, state: 'done' } });
    expect(await page.evaluate(() => getSelection()!.toString())).toBe('1.00');
  });

  test('an opened group of a rescored step stays open when its scores change', async () => {
    const { page, send } = bound(await open('webview'));
    const scored = (round: number) => ({
      type: 'rescored',
      step: 24,
      scored: {
        ...{ type: 'step', ...figures(24, round), groups: [], rows: [] as object[] },
        groups: [0, 1].map((group) => ({
          ...{ group, reward: { old: 0.5, new: 0.5 + round }, signal: { old: 'signal', new: 'signal' } },
        })),
        rows: Array.from({ length: 4 }, (_, row) => ({
          ...{
            row,
            group: Math.floor(row / 2),
            reward: { old: row % 2, new: round },
            scores: { old: {}, new: { f: round } },
          },
          // The groups change places with every round.
          ...{ advantage: { old: 1, new: round }, flips: row < 2 === (round % 2 === 0), error: null },
        })),
      },
      completions: rollouts(24).rows.slice(0, 4),
    });
    await send(snapshot(), { type: 'show', view: 'rescore' }, rescore(0));
    await page.getByRole('button', { name: 'Step 24' }).click();
    await send(scored(0));
    await page.locator('summary', { hasText: 'prompt 1' }).click();
    await page.locator('article.completion').first().getByRole('button', { name: 'Add to Samples' }).focus();
    for (let round = 1; round <= 10; round++) {
      await send(scored(round));
      expect(await page.locator('details[open] summary').innerText()).toMatch(/prompt 1/);
      expect(await page.locator('.rescored-group').first().innerText()).toContain(`prompt ${round % 2}`);
      expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('Add to Samples');
      expect(await page.locator('details[open] .scores').first().innerText()).toMatch(
        new RegExp(`f\\s+not called → ${round}$`),
      );
    }
    // Another step's group of that number is another group.
    await page.getByRole('button', { name: 'Previous' }).click();
    await send({ ...scored(0), step: 23, scored: { ...scored(0).scored, step: 23 } });
    await page.getByRole('heading', { name: 'Step 23' }).waitFor();
    expect(await page.locator('details[open]').count()).toBe(0);
  });

  test('the group that is clicked opens, at its step, though the next steps arrive', async () => {
    const { page, send, hold, posted } = bound(await open('webview'));
    await send(snapshot(), rollouts(1));
    await page.getByRole('tab', { name: 'Rollouts' }).click();
    await hold('.group-row:has-text("prompt 2")', async () => {
      for (let step = 2; step <= UPDATES; step++)
        await send({ type: 'append', folder: '/runs/1', columns: columns(step) }, rollouts(step));
    });
    await expect.poll(async () => (await posted<{ step: number }>('rollouts')).at(-1)?.step).toBe(1);
    await send(rollouts(1));
    await page.getByRole('heading', { name: 'Group 2' }).waitFor();
    await page.getByText('answer 1 of step 1', { exact: true }).waitFor();
  });

  test('groups are updated in place, with the newest step', async () => {
    const { page, send } = bound(await open('webview'));
    await send(snapshot(), rollouts(1));
    await page.getByRole('tab', { name: 'Rollouts' }).click();
    await page.evaluate(() => {
      for (const row of document.querySelectorAll('.group-row')) row.setAttribute('data-kept', 'yes');
    });
    await send({ type: 'append', folder: '/runs/1', columns: columns(2) }, rollouts(2));
    expect(await page.locator('.group-row[data-kept]').count()).toBe(4);
  });

  test('a run is laid over though runs come and go while its box is clicked', async () => {
    const { page, send, hold, posted } = bound(await open('webview'));
    const run = (id: number, step: number) => ({
      ...{ folder: `/runs/${id}`, name: `run ${id}`, createdAt: '2026-01-01T00:00:00Z', state: 'running', step },
    });
    await send(snapshot(), { type: 'runs', runs: [run(3, 1), run(2, 1)] });
    await page.getByRole('tab', { name: 'Compare' }).click();
    await hold('label:has-text("run 2")', async () => {
      for (let step = 2; step <= UPDATES; step++)
        await send({ type: 'runs', runs: [run(100 + step, 1), run(3, step), run(2, step)] });
    });
    await expect.poll(() => posted<object>('compare')).toEqual([{ type: 'compare', folders: ['/runs/2'] }]);
    await page.getByText('run 150').waitFor();
    expect(await page.getByRole('checkbox', { name: 'run 2' }).isChecked()).toBe(true);

    // The comparison, too: what is selected stays while the other run trains.
    await send(snapshot({ folder: '/runs/2', name: 'run 2' }));
    const value = page
      .getByRole('row', { name: /^config/ })
      .getByRole('cell')
      .first();
    await value.evaluate((cell) => getSelection()!.selectAllChildren(cell));
    for (let step = 2; step < 10; step++) await send({ type: 'append', folder: '/runs/2', columns: columns(step) });
    await page.getByRole('row', { name: 'steps 1 9' }).waitFor();
    expect(await page.evaluate(() => getSelection()!.toString())).toBe('identical');
    await page.getByRole('columnheader', { name: 'sort (this run)' }).waitFor();
  });

  test('two hundred runs are listed, sorted and searched, and the one that has the focus keeps it', async () => {
    const { page, send, posted } = bound(await open('webview'));
    const measure = (reward: number) => ({ kind: 'held-out', reward, step: 9, best: reward, bestStep: 9 });
    const runs = (round: number) =>
      Array.from({ length: 200 }, (_, i) => ({
        ...{ folder: `/runs/other-${i}`, name: `run ${i}`, createdAt: '2026-01-01T00:00:00Z', state: 'done' },
        ...{ step: i, seed: i, results: { heldOut: measure((i * 37) % 200), training: null, seconds: i + round } },
      }));
    await send(snapshot(), { type: 'runs', runs: runs(0) });
    await page.getByRole('tab', { name: 'Compare' }).click();
    await expect.poll(() => posted('runResults')).toHaveLength(1);
    const rows = page.locator('.run-table tbody tr');
    await expect.poll(() => rows.count()).toBe(201);
    await page.getByRole('button', { name: 'Held-out' }).click();
    await expect.poll(() => rows.nth(1).innerText()).toContain('199');
    const box = page.getByRole('checkbox', { name: 'run 60', exact: true });
    await box.focus();
    for (let round = 1; round <= UPDATES; round++) await send({ type: 'runs', runs: runs(round).reverse() });
    expect(await box.evaluate((element) => element === document.activeElement)).toBe(true);
    await page.keyboard.press('Space');
    await expect.poll(() => posted('compare')).toEqual([{ type: 'compare', folders: ['/runs/other-60'] }]);
    await page.getByRole('button', { name: 'Clear Selection' }).focus();
    await page.keyboard.press('/');
    await page.keyboard.type('run 19');
    await expect.poll(() => rows.count()).toBe(12);
  });

  test('curves of 100,000 steps, and of seeds as their mean', async () => {
    const { page, send } = bound(await open('webview'));
    const long = (folder: string, seed: number) => {
      const steps = Float64Array.from({ length: 100_000 }, (_, i) => i + 1);
      const values = {
        reward: steps.map((step) => seed + step / 1e5),
        step_time: steps.map(() => 0.1),
        'rewards/f/mean': steps.map((step) => seed * step),
        eval_reward: steps.map((step) => (step % 1000 === 0 ? seed : Number.NaN)),
      };
      return { ...snapshot({ folder, name: `seed ${seed}` }), main: seed === 1, columns: { steps, values } };
    };
    const run = (seed: number) => ({
      ...{ folder: `/runs/${seed}`, name: `seed ${seed}`, createdAt: '2026-01-01T00:00:00Z', state: 'done' },
      ...{ step: 100_000, seed },
    });
    await send(long('/runs/1', 1), { type: 'runs', runs: [run(2), run(3)] });
    await send({ type: 'seedSets', sets: [['/runs/1', '/runs/2', '/runs/3']] });
    await page.getByRole('tab', { name: 'Compare' }).click();
    await page.getByRole('button', { name: 'Add 2 Other Seeds' }).click();
    await send(long('/runs/2', 2), long('/runs/3', 3));
    await page.getByRole('group', { name: 'View' }).getByRole('button', { name: 'Curves' }).click();
    const legend = page.getByRole('list', { name: 'Curves' }).getByRole('listitem');
    await expect.poll(() => legend.allInnerTexts()).toEqual([expect.stringContaining('mean of 3 seeds')]);
    // At the last step 1 + 1, 2 + 1 and 3 + 1.
    expect(await legend.innerText()).toContain('3 (2 to 4)');
    await page.getByRole('combobox', { name: 'Metric' }).selectOption('held-out reward');
    await expect.poll(() => legend.innerText()).toContain('2 (1 to 3)');
    await page.getByRole('button', { name: 'Group Seeds' }).click();
    await expect.poll(() => legend.count()).toBe(3);
    await page.getByRole('combobox', { name: 'X axis' }).selectOption('Time');
    const slider = page.getByRole('slider', { name: 'Place under the cursor' });
    await slider.press('End');
    expect(await slider.getAttribute('aria-valuetext')).toMatch(/^2:46:40 h|^2:46 h/);
  });

  test('Stop is pressed though the run pauses meanwhile', async () => {
    const { send, hold, posted } = bound(await open('webview'));
    await send(snapshot());
    await hold('vscode-button:has-text("Stop")', async () => {
      await send({ type: 'head', head: head({ state: 'paused' }) });
    });
    await expect.poll(() => posted<object>('control')).toEqual([{ type: 'control', command: 'stop' }]);
  });

  test('a chart shows a run that was taken back as it is now', async () => {
    const { page, send } = bound(await open('webview'));
    const at = (reward: number) => ({
      steps: Float64Array.of(1, 2, 3),
      values: { reward: Float64Array.of(0, reward, 1) },
    });
    const picture = () => page.locator('.chart-reward canvas').evaluate((c) => (c as HTMLCanvasElement).toDataURL());
    await send({ ...snapshot(), columns: at(0.2) });
    const before = await picture();
    await send({ ...snapshot(), columns: at(0.9) });
    await expect.poll(async () => (await picture()) !== before).toBe(true);
    await send({ ...snapshot(), columns: at(0.2) });
    await expect.poll(picture).toBe(before);
  });

  test('a chart that is there stays when others come', async () => {
    const { page, send } = bound(await open('webview'));
    await send(snapshot());
    await page.locator('.chart-reward').evaluate((chart) => chart.setAttribute('data-kept', 'yes'));
    const count = await page.locator('.chart').count();
    const values = { reward: Float64Array.of(1), loss: Float64Array.of(1), kl: Float64Array.of(1) };
    await send({ type: 'append', folder: '/runs/1', columns: { steps: Float64Array.of(2), values } });
    await expect.poll(() => page.locator('.chart').count()).toBeGreaterThan(count);
    expect(await page.locator('.chart-reward[data-kept]').count()).toBe(1);
  });
});

describe('the Reward Preview', () => {
  const picture = (round: number): PreviewPicture => ({
    ...{ type: 'picture', title: 'sort.grpo.json', samples: 'sort.samples.jsonl', running: false, note: null },
    result: {
      ...{
        type: 'result',
        id: round,
        subject: '/a',
        done: true,
        stale: false,
        problems: [],
        computed: 1,
        python: null,
      },
      seconds: round / 1000,
      functions: [
        {
          ...{
            name: 'exact',
            weight: 1,
            file: '/a.reward.ts',
            language: 'typescript',
            line: 1,
            column: 1,
            state: 'done',
          },
          ...{ samples: 4 + round, mean: round, std: 1, abstained: 0, failed: 0, seconds: 0.01 },
        },
      ],
      groups: [{ prompt: '1+1=', rendered: null, size: 4, mean: 1, std: 1, signal: 'signal', why: '' }],
      rows: Array.from({ length: 4 + round }, (_, i) => ({
        ...{ line: i + 1, group: 0, completion: `answer ${i}`, reward: i * round, advantage: i - 1, mismatches: [] },
        outcomes: { exact: { kind: 'score', score: i * round, seconds: 0.001 } },
      })),
    },
  });

  test('a row shows its sample though results arrive while it is clicked', async () => {
    const { page, send, hold, posted } = bound(await open('preview-view'));
    await send(picture(0));
    await page.getByRole('button', { name: 'Advantage' }).click();
    await hold('.virtual-canvas .grid-row:has-text("answer 2")', async () => {
      for (let round = 1; round <= UPDATES; round++) await send(picture(round));
    });
    const detail = page.getByRole('region', { name: 'Sample' });
    await detail.locator('.completion', { hasText: 'answer 2' }).waitFor();
    await detail.getByRole('button', { name: 'Open Line' }).click();
    await expect.poll(() => posted<object>('open-row')).toEqual([{ type: 'open-row', row: 2 }]);
    // Sorted by the advantage, the newest samples are on top.
    await page.locator('.grid-row[aria-rowindex="2"]', { hasText: `answer ${UPDATES + 3}` }).waitFor();
  });

  test('headings and function links keep the focus, and clicks on them arrive', async () => {
    const { page, send, hold, posted } = bound(await open('preview-view'));
    await send(picture(0));
    await hold('.histograms button', async () => {
      for (let round = 1; round <= UPDATES; round++) await send(picture(round));
    });
    await expect.poll(() => posted<object>('open-function')).toEqual([{ type: 'open-function', name: 'exact' }]);
    await page.getByRole('button', { name: 'Total' }).focus();
    await page.keyboard.press('Enter');
    await send(picture(2));
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('Total ▾');
    await page.getByRole('img', { name: /^exact: 0: 1/ }).waitFor();
  });

  test('a label of a histogram is below its bar', async () => {
    const { page, send } = bound(await open('preview-view'));
    await send(picture(3));
    const boxes = (selector: string) =>
      page
        .locator('section[aria-label=exact]')
        .locator(selector)
        .evaluateAll((found) =>
          found.map((element) => {
            const { left, right } = element.getBoundingClientRect();
            return { left: Math.round(left), right: Math.round(right) };
          }),
        );
    const bars = await boxes('rect');
    const [low, high] = await boxes('.ends span');
    expect(bars).toHaveLength(7);
    expect([low!.left, high!.right]).toEqual([bars[0]!.left, bars.at(-1)!.right]);
    // Every sample got the same: one bar, one label, in the middle.
    await send(picture(0));
    const [bar] = await boxes('rect');
    const [only] = await boxes('.ends span:not([hidden])');
    expect(Math.abs(only!.left + only!.right - bar!.left - bar!.right)).toBeLessThanOrEqual(2);
    expect(await page.locator('section[aria-label=exact] .ends').innerText()).toBe('0');
  });
});

/** Its methods, to be called by their names alone. */
function bound(opened: BareWebview) {
  return {
    page: opened.page,
    send: opened.send.bind(opened),
    hold: opened.hold.bind(opened),
    posted: opened.posted.bind(opened) as BareWebview['posted'],
  };
}
