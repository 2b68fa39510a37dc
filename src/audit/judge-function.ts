import { mean } from '../grpo/statistics.ts';
import type { AuditedFunction, TriedProbe } from '../protocol/audit-report.ts';
import type { Probe } from './probes.ts';

/** A trick passes that earns this share of what an honest answer earns above the worst one. */
const PASSES = 0.9;

/** A wrong answer in the place of the right one, and nothing else. */
const WRONG_ANSWERS = ["another prompt's answer", 'one more', 'one less', 'a tenth more'];
const WITHOUT_TASK = [
  ...['an empty completion', 'a line break', 'the prompt repeated', 'asking for the highest score'],
  ...['a long text without an answer', 'one word over and over', 'another script'],
];

/** Whether a trick is no attempt at the task at all. */
export const isWithoutTask = ({ name }: Probe | TriedProbe): boolean => WITHOUT_TASK.includes(name);

type Judged = Omit<AuditedFunction, 'milliseconds'>;

/** What tricks and forms earn from one function. `scores`: of the honest answers, then of the probes. `lines`: of the honest answers' samples. */
export function auditedFunction(
  name: string,
  scores: readonly (number | null)[],
  lines: readonly number[],
  probes: readonly Probe[],
): Judged {
  const tried = triedProbes(scores, lines, probes);
  const tricks = tried.filter(({ kind }) => kind === 'trick');
  const swapped = tricks.filter((probe) => WRONG_ANSWERS.includes(probe.name));
  const judgesAnswers =
    swapped.length > 0 && swapped.filter(({ score, honest }) => score < honest).length > swapped.length / 2;
  // A format reward accepts a wrong answer in the right format, as it should.
  const counted = judgesAnswers || name === 'total' ? tricks : tricks.filter(isWithoutTask);
  const worst = lowestOf(scores);
  const passes = passesAbove(worst);
  const forms = tried.filter(({ kind, honest }) => kind === 'form' && honest > worst);
  return {
    ...{ name, judgesAnswers },
    worst: Number.isFinite(worst) ? worst : null,
    tricks: counted.length,
    fooled: counted.filter(passes),
    forms: forms.length,
    missed: forms.filter((probe) => !passes(probe)),
    earns: sharesOf(counted, worst),
  };
}

/** Whether completions that are no attempt at the task were scored, and none of them earns what an honest answer earns. */
export function withstandsEmptyTricks(
  scores: readonly (number | null)[],
  lines: readonly number[],
  probes: readonly Probe[],
): boolean {
  const tried = triedProbes(scores, lines, probes).filter(isWithoutTask);
  return tried.length > 0 && !tried.some(passesAbove(lowestOf(scores)));
}

/** Those that were scored, and whose honest answer was. */
function triedProbes(
  scores: readonly (number | null)[],
  lines: readonly number[],
  probes: readonly Probe[],
): TriedProbe[] {
  const honest = new Map(lines.map((line, i) => [line, scores[i]!]));
  return probes.flatMap(({ kind, name, sample: { line }, completion }, i) => {
    const [score, best] = [scores[lines.length + i], honest.get(line)];
    if (score === null || score === undefined || best === null || best === undefined) return [];
    return [{ kind, name, line, completion, score, honest: best }];
  });
}

const lowestOf = (scores: readonly (number | null)[]): number => Math.min(...scores.filter((score) => score !== null));

const passesAbove =
  (worst: number) =>
  ({ score, honest }: TriedProbe): boolean =>
    honest > worst && score - worst >= PASSES * (honest - worst);

/** What each trick earns on average, of what the honest answer earns above the worst completion; the most first. */
function sharesOf(tricks: readonly TriedProbe[], worst: number): AuditedFunction['earns'] {
  const comparable = tricks.filter(({ honest }) => honest > worst);
  const share = ({ score, honest }: TriedProbe) => (score - worst) / (honest - worst);
  return [...new Set(comparable.map(({ name }) => name))]
    .map((name) => ({ name, share: mean(comparable.filter((probe) => probe.name === name).map(share))! }))
    .toSorted((a, b) => b.share - a.share);
}
