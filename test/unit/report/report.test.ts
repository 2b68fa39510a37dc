import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openRuns } from '../../../src/export/exported-run.ts';
import { writeReport } from '../../../src/report/report.ts';
import { lines, rowOf, runOf } from '../export/run-of.ts';
import { temporaryFolder } from '../files/folder.ts';

async function reportOf(run: string): Promise<string> {
  const file = join(temporaryFolder(), 'report.html');
  await writeReport(file, openRuns([run])[0]!, '0.1.0');
  return readFileSync(file, 'utf8');
}

/** The text of a page, tags as spaces. */
const textOf = (page: string): string =>
  page
    .replace(/<style>.*?<\/style>/s, '')
    .replaceAll(/<[^>]*>/g, ' ')
    .replaceAll(/\s+/g, ' ');

const METRICS = lines([
  { step: 0, eval_reward: 3.191 },
  { step: 1, reward: 3, 'rewards/a/mean': 1, 'rewards/b/mean': 2, loss: 0.1, step_time: 30 },
  { step: 2, reward: 5, 'rewards/a/mean': 2, 'rewards/b/mean': 3, loss: 0.2, step_time: 35, eval_reward: 6.627 },
]);

test('says what the run was and what came of it', async () => {
  const changes = [{ step: 2, at: '', field: 'config.learningRate', from: 0.001, to: 0.01 }];
  const findings = [{ kind: 'no-signal', severity: 'warning', evidence: 'No group had a learning signal.' }];
  const about = '{"name":"the good one","note":"with a\\nnote","tags":["best"]}';
  const page = await reportOf(runOf({ 'metrics.jsonl': METRICS, 'about.json': about }, { changes, findings }));
  const text = textOf(page);
  for (const words of [
    'the good one best with a note held-out reward 3.19 → 6.63 from step 0 to step 2; best 6.63 at step 2',
    'State done, 2 of 3 steps',
    'Duration 1:05 min',
    'No group had a learning signal.',
    'From step 2 on: learningRate 0.001 → 0.01',
    'Differs from the defaults model models/tiny dataset data.jsonl rewards [sort.reward.ts] maxSteps 3 learningRate 0.001 Defaults evalDataset null',
    'epsilonHigh 0.2',
  ])
    expect(text).toContain(words);
  expect(page).toContain(
    'aria-label="Reward: mean from 3 at step 1 to 5 at step 2; held-out from 3.191 at step 0 to 6.627 at step 2"',
  );
  expect(page.match(/class="mark"/g)).toHaveLength(page.match(/<figure>/g)!.length);
});

test('shows the best and the worst completions of the first and the last step, equal ones once', async () => {
  const step = (n: number, rewards: number[]) =>
    lines(
      rewards.map((reward) =>
        rowOf({ step: n, completion: `step ${n}: ${reward}`, reward, rewards: { sorted: reward } }),
      ),
    );
  const page = await reportOf(
    runOf({
      'rollouts/step-000001.jsonl': step(1, [1, 2, 2, 3, 4, 5]),
      'rollouts/step-000002.jsonl': step(2, [9]),
      'rollouts/step-000003.jsonl': step(3, [7, 8]),
    }),
  );
  const shown = [...page.matchAll(/class="completion" dir="auto">([^<]*)</g)].map(([, text]) => text);
  expect(shown).toEqual([...[5, 4, 2, 1].map((reward) => `step 1: ${reward}`), 'step 3: 8', 'step 3: 7']);
  expect(textOf(page)).toContain('The best and the worst of 6, of which 5 differ. ');
  expect(textOf(page)).toContain('worst reward 2 × 2 Sort 3 1: answer 1 3 step 1: 2 sorted 2 advantage 0.5 2 tokens');
});

test('compares held-out prompts before and after: what gained most, and what got worse', async () => {
  const rows = (rewards: number[]) =>
    lines(
      rewards.map((reward, group) => rowOf({ group, prompt: `prompt ${group}`, completion: `got ${reward}`, reward })),
    );
  const text = textOf(
    await reportOf(
      runOf({
        'evaluations/step-000000.jsonl': rows([1, 2, 3]),
        'evaluations/step-000001.jsonl': rows([9, 9, 9]),
        'evaluations/step-000002.jsonl': rows([5, 1, 3]),
      }),
    ),
  );
  expect(text).toContain('3 prompts: 1 better, 1 worse, 1 unchanged.');
  expect(text).toMatch(/\+4 prompt 0 .* before training · mean reward 1 got 1 .* after step 2 · mean reward 5 got 5 /);
  expect(text).toMatch(/ −1 prompt 1 /);
  expect(text).not.toContain('prompt 2 ');
});

describe('what a model or a user wrote', () => {
  const HOSTILE = '</pre></script><script>alert(1)</script><img src=x onerror="alert(1)">&lt;\u202egnp\u0000\ud800';

  test('is text, wherever it is shown', async () => {
    const row = rowOf({
      prompt: [{ role: HOSTILE, content: HOSTILE }],
      completion: HOSTILE,
      rewards: { [HOSTILE]: 1 },
      error: HOSTILE,
      columns: { [HOSTILE]: HOSTILE },
      details: { [HOSTILE]: { reason: HOSTILE } },
    });
    const files = {
      'metrics.jsonl': lines([{ step: 1, reward: 1, [`rewards/${HOSTILE}/mean`]: 1, 'rewards/x/mean': 2 }]),
      'rollouts/step-000001.jsonl': lines([row]),
      'evaluations/step-000000.jsonl': lines([row]),
      'evaluations/step-000001.jsonl': lines([{ ...row, reward: 2 }]),
      'about.json': JSON.stringify({ name: HOSTILE, note: HOSTILE, tags: [HOSTILE] }),
    };
    const page = await reportOf(runOf(files, { reason: HOSTILE, device: HOSTILE, versions: { [HOSTILE]: HOSTILE } }));
    for (const never of ['<script', '<img', '\u202e', '\u0000', '\ud800']) expect(page).not.toContain(never);
    expect(page.match(/&lt;script&gt;alert\(1\)&lt;\/script&gt;/g)!.length).toBeGreaterThan(15);
    // The only tags are the page's own.
    const tags = new Set([...page.matchAll(/<\/?([a-z0-9!]+)/g)].map(([, name]) => name));
    expect([...tags].filter((name) => ['script', 'img', 'iframe', 'a', 'link', 'object'].includes(name!))).toEqual([]);
    expect(page).toContain(`content="default-src 'none'; style-src 'unsafe-inline'"`);
  });

  test('is cut where it is very long', async () => {
    const completion = `begin ${'x'.repeat(2e6)} end`;
    const page = await reportOf(runOf({ 'rollouts/step-000001.jsonl': lines([rowOf({ completion })]) }));
    expect(page.length).toBeLessThan(100_000);
    expect(page).toMatch(/begin x+\n… 1995010 characters …\nx+ end</);
  });
});

test('a run that has just begun, and one that failed, have a report too', async () => {
  expect(textOf(await reportOf(runOf({}, { state: 'failed', step: 0, reason: 'The disk is full.' })))).toContain(
    'No reward has been recorded yet. State failed, 0 of 3 steps',
  );
  const torn = runOf({
    'metrics.jsonl': `${lines([{ step: 1, reward: 1 }])}{"step":2,"re`,
    'rollouts/step-000001.jsonl': `${lines([rowOf()])}{"st`,
  });
  expect(textOf(await reportOf(torn))).toContain('The best and the worst of 1.');
});

test('has what is wrong with the run, and not what was dismissed', async () => {
  const cutOff = (step: number) => ({ step, reward: 1, 'completions/clipped_ratio': 1 });
  const metrics = { 'metrics.jsonl': lines([1, 2, 3].map(cutOff)) };
  const page = await reportOf(runOf(metrics));
  expect(textOf(page)).toMatch(
    /Findings Every completion is cut off Error In steps 1 to 3, every completion was cut off.* Curves/,
  );
  const about = '{"dismissed":["all-truncated completions/clipped_ratio"]}';
  expect(textOf(await reportOf(runOf({ ...metrics, 'about.json': about })))).not.toContain('Findings');
});
