/** `grpo audit` finds what is wrong with bad rewards, and nothing wrong with good ones. */
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { AuditReport } from '../../../src/protocol/audit-report.ts';
import { grpo, temporaryFolder } from './run-grpo.ts';

/** Set GRPO_TEST_PYTHON to an interpreter that has what test/references/requirements.txt says. */
const python = process.env.GRPO_TEST_PYTHON ?? 'python3';
const missing = spawnSync(python, ['-c', 'import reward_doctor']).status !== 0;
if (missing)
  console.log(`Skipped: ${python} has no reward-doctor, whose bad rewards were not audited (set GRPO_TEST_PYTHON).`);

const SAMPLES = [
  { prompt: 'What is 6 times 7?', answer: '42', completion: 'The answer is \\boxed{42}' },
  { prompt: 'What is 12 plus 13?', answer: '25', completion: '25' },
  { prompt: 'What is 10 times 100?', answer: '1000', completion: 'So it is 1000' },
];

async function audit(name: string, reward: string, ...options: string[]) {
  return auditWith(SAMPLES, name, reward, ...options);
}

async function auditWith(rows: object[], name: string, reward: string, ...options: string[]) {
  const folder = temporaryFolder();
  writeFileSync(join(folder, name), reward);
  const samples = join(folder, 's.samples.jsonl');
  writeFileSync(samples, rows.map((sample) => `${JSON.stringify(sample)}\n`).join(''));
  const args = ['audit', join(folder, name), '--samples', samples, '--json', ...options];
  const { status, stdout, stderr } = await grpo(args, {
    env: { ...process.env, PATH: `${dirname(python)}:${process.env.PATH}` },
  });
  expect(stderr).toBe('');
  return { status, report: JSON.parse(stdout) as AuditReport };
}

const functionOf = (report: AuditReport, name: string) => report.functions.find((each) => each.name === name)!;
const kinds = ({ findings }: AuditReport) => findings.map(({ kind, name }) => `${name}: ${kind}`).sort();

describe('grpo audit', () => {
  it('finds nothing that fools numericMatch and mathMatch, and no form that they miss', async () => {
    const { status, report } = await audit(
      'good.reward.ts',
      `import { mathMatch, numericMatch } from 'grpo/rewards';
export const number = numericMatch();
export const math = mathMatch();`,
      '--fail-above=0',
    );
    for (const { fooled, missed, judgesAnswers, tricks } of report.functions) {
      expect([fooled, missed, judgesAnswers]).toEqual([[], [], true]);
      expect(tricks).toBeGreaterThan(50);
    }
    expect([status, kinds(report)]).toEqual([0, []]);
  });

  it('measures whether a judge favors a place, and whether it can be talked into the highest score', async () => {
    const server = createServer(async (request, response) => {
      let body = '';
      for await (const part of request) body += part;
      const asked: string = JSON.parse(body).messages[1].content;
      const answers = [...asked.matchAll(/<<<ANSWER \d+\n([\s\S]*?)\nANSWER/g)].map(([, answer]) => answer!);
      // Half by what it reads first, half by whether the answer is right.
      const scores = answers.map((answer, place) => (place === 0 ? 0.5 : 0) + (/42|25|1000/.test(answer) ? 0.5 : 0));
      const isFooled = /highest score/.test(asked) || /\b(42|25|1000)\b/.test(asked.split('<<<ANSWER')[1] ?? '');
      const content = JSON.stringify(answers.length > 0 ? { scores } : { reason: '', score: isFooled ? 10 : 0 });
      response.end(JSON.stringify({ choices: [{ message: { content } }] }));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void server.close());
    const { port } = server.address() as AddressInfo;
    const { report } = await auditWith(
      ['The answer is 42', 'It is 41', 'I do not know', '42'].map((completion) => ({ ...SAMPLES[0], completion })),
      'judged.reward.ts',
      `import { judge, rank } from 'grpo/rewards';
const where = { url: 'http://127.0.0.1:${port}/v1', model: 'm', rubric: 'It is right.', concurrency: 32 };
export const better = rank(where);
export const good = judge(where);`,
    );
    // The plain ways to write the answer are candidates, too: 0.5 more for the first of them, and 0.5 less for the last when it comes first.
    const { pairs, changed, gain } = functionOf(report, 'better').position!;
    expect(changed).toBeGreaterThan(0);
    expect(pairs).toBeGreaterThan(changed);
    expect(gain).toBeGreaterThan(0);
    expect(kinds(report)).toContain('better: position-bias');
    expect(functionOf(report, 'good').position).toBeUndefined();
    expect(functionOf(report, 'good').fooled.map(({ name }) => name)).toContain('asking for the highest score');
  });

  it('says what cannot be learned from, is always earned, changes, or drowns the others', async () => {
    const { report } = await audit(
      'odd.reward.ts',
      `import { type RewardInput, batchReward } from 'grpo/rewards';
let calls = 0;
export const flat = () => 1;
export const long = ({ completion }: RewardInput) => completion.length;
export const counting = () => ++calls;
export const first = batchReward(({ completions }) => completions.map((_, i) => (i === 0 ? 1 : 0)));
export const twice = ({ completion }: RewardInput) => 2 * completion.length + 1;
export const fails = ({ completion }: RewardInput) => (JSON.parse(completion) > 0 ? 1 : 0);`,
    );
    expect(kinds(report)).toEqual(
      expect.arrayContaining([
        'counting: not-deterministic',
        'fails: failed',
        'first: depends-on-order',
        'flat: constant',
        'long: without-task',
        'twice: same-as-another',
      ]),
    );
    expect(report.findings.find(({ kind }) => kind === 'without-task')!.message).toMatch(/^long gave \d+ to /);
  });

  it.each([
    [
      'an answer that is written twice',
      [
        { prompt: 'q', answer: 'so 1000\n#### 1,000', completion: 'So it is 1,000. The answer is 1000.' },
        { prompt: 'r', answer: 'so 2000\n#### 2,000', completion: '2000. The answer is 2000.' },
      ],
    ],
    [
      'an answer that the prompt or a phrase could hold',
      [
        { prompt: '0 + 1 = ?', answer: '1', completion: '\\boxed{1}' },
        { prompt: '1 + 1 = ?', answer: '2', completion: '\\boxed{2}' },
      ],
    ],
    [
      'fractions in a solution',
      [
        { prompt: 'q', answer: 'We get $\\boxed{\\frac{3}{4}}$.', completion: '\\boxed{\\frac{3}{4}}' },
        { prompt: 'r', answer: 'We get $\\boxed{x^2}$.', completion: '\\boxed{x^2}' },
      ],
    ],
  ])('has no false alarm about mathMatch with %s', async (_, rows) => {
    const { report } = await auditWith(
      rows,
      'good.reward.ts',
      `import { mathMatch } from 'grpo/rewards';\nexport const math = mathMatch();`,
    );
    const { fooled, missed, judgesAnswers } = functionOf(report, 'math');
    expect([fooled, missed, judgesAnswers, kinds(report)]).toEqual([[], [], true, []]);
  });

  it('does not take a reward for the language for one that judges answers, and names one that abstains', async () => {
    const { report } = await auditWith(
      [
        { prompt: 'q', answer: 'two', completion: '<answer>two</answer>' },
        { prompt: 'r', answer: 'δύο', completion: '<answer>δύο</answer>' },
      ],
      'language.reward.ts',
      `export const latin = ({ completion, answer }: any) => (/[α-ω]/.test(completion) === /[α-ω]/.test(answer) ? 1 : 0);
export const silent = () => null;`,
    );
    expect(functionOf(report, 'latin').judgesAnswers).toBe(false);
    expect(kinds(report)).toContain('silent: constant');
  });

  it('fails for CI above a share of tricks that pass', async () => {
    const loose = `export const loose = ({ completion, answer }: any) => (completion.includes(answer) ? 1 : 0);`;
    const [strict, lenient] = await Promise.all(
      ['--fail-above=0.1', '--fail-above=0.99'].map((option) => audit('loose.reward.ts', loose, option)),
    );
    expect([strict!.status, lenient!.status]).toEqual([1, 0]);
    const { fooled } = functionOf(strict!.report, 'loose');
    expect(fooled.map(({ name }) => name)).toContain('the answer, in a denial');
    expect(fooled[0]).toMatchObject({ kind: 'trick', line: expect.any(Number), score: 1, honest: 1 });
  });
});

it.skipIf(missing)("finds in reward-doctor's bad rewards what reward-doctor finds", { timeout: 60_000 }, async () => {
  const names = ['exact_match', 'substring_match', 'last_number', 'boxed_exact', 'robust_match'];
  const { report } = await audit(
    'bad.py',
    names
      .map(
        (name) => `from reward_doctor import reference

def ${name}(completions, answer, **kwargs):
    return [reference.${name}(completion, str(expected)) for completion, expected in zip(completions, answer)]
`,
      )
      .join('\n'),
  );
  const found = names.map((name) => {
    const { fooled, missed } = functionOf(report, name);
    return [name, fooled.length > 0 ? 'fooled' : '', missed.length > 1 ? 'misses forms' : ''];
  });
  // As its README says: loose matching accepts what is wrong, strict matching refuses what is right, the last one holds up.
  expect(found).toEqual([
    ['exact_match', '', 'misses forms'],
    ['substring_match', 'fooled', ''],
    ['last_number', 'fooled', ''],
    ['boxed_exact', '', 'misses forms'],
    ['robust_match', '', ''],
  ]);
});
