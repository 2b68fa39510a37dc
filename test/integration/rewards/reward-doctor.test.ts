/** What reward-doctor (PyPI) finds in its own bad rewards, our audit finds; and mathMatch judges its cases as they say. */
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { AuditedFunction, AuditReport } from '../../../src/protocol/audit-report.ts';
import { mathMatch } from '../../../src/rewards/library.ts';
import { grpo, temporaryFolder } from '../cli/run-grpo.ts';

/** Set GRPO_TEST_PYTHON to an interpreter that has what test/references/requirements.txt says. */
const python = process.env.GRPO_TEST_PYTHON ?? 'python3';

/** reward-doctor's cases, with those of its reference rewards that judge them wrongly. */
const CASES = `
import json
from reward_doctor import ALL_CASES, REFERENCE_VERIFIERS
for case in ALL_CASES:
    wrong = [name for name, reward in REFERENCE_VERIFIERS.items() if bool(reward(case.completion, case.reference)) != case.expect]
    print(json.dumps({**case.to_dict(), "wrong": wrong}))
`;

interface Case {
  id: string;
  category: 'equivalence' | 'distinction' | 'exploit' | 'format';
  attack: string | null;
  reference: string;
  completion: string;
  expect: boolean;
  tags: string[];
  wrong: string[];
}

const { status, stdout } = spawnSync(python, ['-c', CASES], { encoding: 'utf8' });
const missing = status !== 0;
if (missing)
  console.log(`Skipped: ${python} has no reward-doctor, whose bad rewards were not audited (set GRPO_TEST_PYTHON).`);
const cases: Case[] = missing
  ? []
  : stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));

/** Ours for each kind of theirs; where they only say that a right answer is missed, any missed form will do. */
const TRICKS: Record<string, RegExp> = {
  negation: /denial|denied|refusal|negated|called wrong|ruled out/,
  shotgun: /^several|^all numbers|^the answers of several|one answer or another/,
  contradiction: /first guess|only in the thinking|right answer first/,
  distinction:
    /^one more|^one less|sign turned|ten times|a digit before|a tenth more|another prompt's|another unit|a part of/,
};

const finds = (audited: AuditedFunction, { category, attack }: Case): boolean =>
  category === 'equivalence' || category === 'format'
    ? audited.missed.length > 0
    : audited.fooled.some(({ name }) => TRICKS[attack ?? category]!.test(name));

test.skipIf(missing)('mathMatch judges 86 of the 87 cases as they say', () => {
  expect(cases).toHaveLength(87);
  const reward = mathMatch();
  const others = cases.filter(
    ({ reference, completion, expect }) =>
      (reward({ prompt: '', completion, answer: reference }).score === 1) !== expect,
  );
  // `a` for the choice `A`: as for math-verify, capitals and small letters are different symbols.
  expect(others.map(({ id }) => id)).toEqual(['eq.choice.case']);
});

test.skipIf(missing)('the audit finds what reward-doctor finds in its bad rewards', async () => {
  const names = [...new Set(cases.flatMap(({ wrong }) => wrong))].sort();
  expect(names).toEqual(['boxed_exact', 'exact_match', 'last_number', 'robust_match', 'substring_match']);
  const folder = temporaryFolder();
  const rewards = names.map(
    (name) => `from reward_doctor import reference

def ${name}(completions, answer, **kwargs):
    return [reference.${name}(completion, expected) for completion, expected in zip(completions, answer)]
`,
  );
  writeFileSync(join(folder, 'bad.py'), rewards.join('\n'));
  // The expected answers of the cases in which one of them is wrong, as many as an audit takes.
  const answers = ['42', '5', '10', '7', '1000', '1/2', 'yes', 'C'];
  const samples = answers.map((answer, i) => ({ prompt: `Question ${i}`, answer, completion: answer }));
  writeFileSync(join(folder, 'bad.samples.jsonl'), samples.map((sample) => `${JSON.stringify(sample)}\n`).join(''));
  // Each alone: together, the honest answer would be what most of them reward.
  const audited = new Map<string, AuditedFunction>();
  for (const name of names) {
    const target = `${join(folder, 'bad.py')}#${name}`;
    const options = ['--samples', join(folder, 'bad.samples.jsonl'), '--python', python, '--json'];
    const { stdout, stderr } = await grpo(['audit', target, ...options]);
    expect(stderr).toBe('');
    audited.set(name, (JSON.parse(stdout) as AuditReport).functions[0]!);
  }

  const wrong = names.flatMap((name) =>
    cases
      .filter((each) => each.wrong.includes(name) && !each.tags.includes('contested'))
      .map((each) => ({ name, each })),
  );
  const unseen = wrong.filter(({ name, each }) => !finds(audited.get(name)!, each));
  expect(wrong.length).toBeGreaterThan(140);
  expect(unseen.map(({ name, each }) => `${name}: ${each.id}`)).toEqual([]);
});
