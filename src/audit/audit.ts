import { mean, standardDeviation } from '../grpo/statistics.ts';
import { batchOf, groupByPrompt, type RenderedSample } from '../preview/sample-scores.ts';
import type { AuditedFunction, AuditFinding, AuditReport, TriedProbe } from '../protocol/audit-report.ts';
import type { AnswerOrder, ScoreTable } from '../protocol/rewards.ts';
import type { RewardSet } from '../rewards/open-rewards.ts';
import { defined } from '../text/defined.ts';
import { auditedPrompts, honestAnswer } from './honest-answer.ts';
import { positionBiases, positionFindings } from './position-bias.ts';
import { forms, type Probe, tricks } from './probes.ts';

/** Prompts that are audited: the first ones with the most samples. */
const MOST_PROMPTS = 8;
/** A trick passes that earns this share of what an honest answer earns above the worst one. */
const PASSES = 0.9;
const CORRELATED = 0.95;
/** Completions that say something about how functions go together. */
const FEWEST = 6;
const DOMINATES = 0.9;

/** Scores by name: every function's, and "total"; null where one failed or abstained. */
type Scores = Map<string, (number | null)[]>;

/**
 * Tries to earn rewards without the task, and honest answers in other forms. Every completion is scored three times: as it is, again, and with the
 * batch in reverse, which a function of one completion must not notice.
 */
export async function audit(samples: readonly RenderedSample[], rewards: RewardSet): Promise<AuditReport> {
  const began = performance.now();
  const names = rewards.functions.map(({ name }) => name);
  const prompts = auditedPrompts(groupByPrompt(samples), MOST_PROMPTS);
  const rendered = new Map(samples.map((sample) => [sample.line, sample.rendered]));
  const score = async (
    all: { sample: { line: number }; completion: string }[],
    order?: AnswerOrder,
  ): Promise<ScoreTable> =>
    rewards.score({
      ...(order && { order }),
      ...batchOf(
        all.map(({ sample, completion }) => ({
          ...(sample as RenderedSample),
          completion,
          rendered: rendered.get(sample.line) ?? null,
        })),
      ),
    });

  const tried = prompts.flatMap(({ sample, candidates }) => candidates.map((completion) => ({ sample, completion })));
  const own = await score(tried);
  const totals = scoresOf(own).get('total')!;
  const honest = prompts.map(({ sample, gold, candidates }) => {
    const of = tried.flatMap((each, i) => (each.sample === sample ? [totals[i] ?? Number.NEGATIVE_INFINITY] : []));
    return honestAnswer(sample, candidates[of.indexOf(Math.max(...of))] ?? '', gold);
  });

  const golds = honest.flatMap(({ gold }) => gold ?? []);
  const probes: Probe[] = honest.flatMap((answer) => [...tricks(answer, golds), ...forms(answer)]);
  const all = [...honest, ...probes];
  const table = await score(all);
  const scores = scoresOf(table);
  const again = scoresOf(await score(all));
  const reversed = scoresOf(await score(all.toReversed()));
  const positions = await positionBiases(tried, (order) => score(tried, order));

  const functions = [...names, ...(names.length > 1 ? ['total'] : [])].map((name) =>
    auditedFunction(
      name,
      scores.get(name)!,
      honest.map(({ sample }) => sample.line),
      probes,
      table,
    ),
  );
  const findings = [
    ...table.columns.flatMap((column) => failedFinding(column)),
    ...names.flatMap((name) => variationFindings(name, scores.get(name)!, honest.length, probes)),
    ...names.flatMap((name) => repeatedFindings(name, scores.get(name)!, again.get(name)!, reversed.get(name)!)),
    ...names.flatMap((name) => positionFindings(name, positions.get(name))),
    // Of completions that people or the model have written: probes are mostly alike in being worth nothing.
    ...pairFindings(names, scoresOf(own)),
    ...dominating(own, scoresOf(own)),
  ];
  return {
    ...{ prompts: prompts.length, probes: probes.length, seconds: (performance.now() - began) / 1000 },
    functions: functions.map((each) => ({ ...each, ...defined({ position: positions.get(each.name) }) })),
    findings,
  };
}

function scoresOf({ columns }: ScoreTable): Scores {
  const scores: Scores = new Map(
    columns.map(({ name, outcomes }) => [
      name,
      outcomes.map((outcome) => (outcome.kind === 'score' ? outcome.score : null)),
    ]),
  );
  const rows = columns[0]?.outcomes.length ?? 0;
  const total = Array.from({ length: rows }, (_, row) => {
    const parts = columns.flatMap(({ name, weight }) => {
      const score = scores.get(name)![row];
      return score === null || score === undefined ? [] : [weight * score];
    });
    return parts.length === 0 ? null : parts.reduce((sum, part) => sum + part, 0);
  });
  return scores.set('total', total);
}

/** `scores`: of the honest answers, then of the probes. `lines`: of the honest answers' samples. */
function auditedFunction(
  name: string,
  scores: (number | null)[],
  lines: number[],
  probes: Probe[],
  { columns }: ScoreTable,
): AuditedFunction {
  const honest = new Map(lines.map((line, i) => [line, scores[i]!]));
  const triedOf = (kind: Probe['kind']): TriedProbe[] =>
    probes.flatMap((probe, i) => {
      const [score, best] = [scores[lines.length + i], honest.get(probe.sample.line)];
      if (probe.kind !== kind || score === null || score === undefined || best === null || best === undefined)
        return [];
      return [{ kind, name: probe.name, line: probe.sample.line, completion: probe.completion, score, honest: best }];
    });
  const triedTricks = triedOf('trick');
  const swapped = triedTricks.filter((probe) => isWrongAnswer(probe.name));
  const judgesAnswers =
    swapped.length > 0 && swapped.filter(({ score, honest }) => score < honest).length > swapped.length / 2;
  // A format reward accepts a wrong answer in the right format, as it should.
  const counted =
    judgesAnswers || name === 'total' ? triedTricks : triedTricks.filter((probe) => isWithoutTask(probe.name));
  const worst = Math.min(...scores.filter((score) => score !== null));
  const passes = ({ score, honest }: TriedProbe) => honest > worst && score - worst >= PASSES * (honest - worst);
  const triedForms = triedOf('form').filter(({ honest }) => honest > worst);
  const column = columns.find((each) => each.name === name);
  return {
    name,
    judgesAnswers,
    worst: Number.isFinite(worst) ? worst : null,
    tricks: counted.length,
    fooled: counted.filter(passes),
    forms: triedForms.length,
    missed: triedForms.filter((probe) => !passes(probe)),
    milliseconds: column ? (column.seconds * 1000) / scores.length : null,
  };
}

/** A wrong answer in the place of the right one, and nothing else. */
const isWrongAnswer = (name: string): boolean =>
  ["another prompt's answer", 'one more', 'one less', 'a tenth more'].includes(name);

const WITHOUT_TASK = [
  ...['an empty completion', 'a line break', 'the prompt repeated', 'asking for the highest score'],
  ...['a long text without an answer', 'one word over and over', 'another script'],
];
const isWithoutTask = (name: string): boolean => WITHOUT_TASK.includes(name);

function failedFinding({ name, outcomes }: ScoreTable['columns'][number]): AuditFinding[] {
  const failures = outcomes.filter((outcome) => outcome.kind === 'failure');
  const [first] = failures;
  if (!first && outcomes.every(({ kind }) => kind !== 'score'))
    return [
      { kind: 'constant', name, message: `${name} abstained on all ${outcomes.length} completions that were tried.` },
    ];
  if (!first) return [];
  const message = `${name} failed on ${failures.length} of ${outcomes.length} completions, first with: ${first.message.split('\n', 1)[0]}`;
  return [{ kind: 'failed', name, message }];
}

function variationFindings(name: string, scores: (number | null)[], honest: number, probes: Probe[]): AuditFinding[] {
  const known = scores.filter((score) => score !== null);
  if (known.length === 0) return [];
  const [low, high] = [Math.min(...known), Math.max(...known)];
  if (low === high)
    return [
      {
        kind: 'constant',
        name,
        message: `${name} gave ${figure(low)} to all ${known.length} completions that were tried, from which nothing can be learned; if it should reward some, add samples of them.`,
      },
    ];
  const best = Math.max(...scores.slice(0, honest).map((score) => score ?? Number.NEGATIVE_INFINITY));
  if (best <= low)
    return [
      {
        kind: 'no-honest-answer',
        name,
        message: `${name} gave no honest answer more than the worst completion; add a sample that it should reward.`,
      },
    ];
  const without = probes.flatMap((probe, i) => {
    const score = scores[honest + i];
    return isWithoutTask(probe.name) && score !== null && score !== undefined ? [{ name: probe.name, score }] : [];
  });
  const top = without.toSorted((a, b) => b.score - a.score)[0];
  if (!top || top.score < best) return [];
  return [
    {
      kind: 'without-task',
      name,
      message: `${name} gave ${figure(top.score)} to ${top.name}: as much as to the best honest answer (${figure(best)}).`,
    },
  ];
}

function repeatedFindings(
  name: string,
  first: (number | null)[],
  again: (number | null)[],
  reversed: (number | null)[],
): AuditFinding[] {
  const other = first.findIndex((score, i) => score !== again[i]);
  if (other >= 0)
    return [
      {
        kind: 'not-deterministic',
        name,
        message: `${name} gave the same completion ${figure(first[other]!)}, and then ${figure(again[other]!)}.`,
      },
    ];
  const turned = reversed.toReversed();
  const moved = first.findIndex((score, i) => score !== turned[i]);
  return moved < 0
    ? []
    : [
        {
          kind: 'depends-on-order',
          name,
          message: `${name} gives other scores when the completions come in another order.`,
        },
      ];
}

function pairFindings(names: string[], scores: Scores): AuditFinding[] {
  return names.flatMap((name, i) =>
    names.slice(0, i).flatMap((other): AuditFinding[] => {
      const correlation = correlationOf(scores.get(name)!, scores.get(other)!);
      if (correlation === undefined || correlation <= CORRELATED) return [];
      const message = `${name} says nearly the same as ${other} (correlation ${correlation.toFixed(2)}), which counts it twice.`;
      return [{ kind: 'same-as-another', name, message }];
    }),
  );
}

function correlationOf(one: (number | null)[], other: (number | null)[]): number | undefined {
  const pairs = one.flatMap((score, i) => (score !== null && other[i] !== null ? [[score, other[i]!] as const] : []));
  const [left, right] = [pairs.map(([score]) => score), pairs.map(([, score]) => score)];
  const [meanLeft, meanRight] = [mean(left), mean(right)];
  const [spreadLeft, spreadRight] = [standardDeviation(left), standardDeviation(right)];
  if (pairs.length < FEWEST || !spreadLeft || !spreadRight || meanLeft === null || meanRight === null) return undefined;
  const covariance = pairs.reduce((sum, [a, b]) => sum + (a - meanLeft) * (b - meanRight), 0) / (pairs.length - 1);
  return covariance / (spreadLeft * spreadRight);
}

/** A function whose spread, times its weight, is most of all functions' together. */
function dominating({ columns }: ScoreTable, scores: Scores): AuditFinding[] {
  const spreads = columns.map(({ name, weight }) => ({
    name,
    spread: Math.abs(weight) * (standardDeviation(scores.get(name)!.filter((score) => score !== null)) ?? 0),
  }));
  const sum = spreads.reduce((total, { spread }) => total + spread, 0);
  const others = spreads.filter(({ spread }) => spread > 0).length - 1;
  return spreads
    .filter(({ spread }) => others > 0 && spread > DOMINATES * sum)
    .map(({ name, spread }) => ({
      kind: 'dominates',
      name,
      message: `${name} makes up ${Math.round((100 * spread) / sum)} % of the spread of all rewards together, so that the others hardly count; lower its weight or its scale.`,
    }));
}

const figure = (score: number | null): string => (score === null ? 'no score' : String(Number(score.toPrecision(4))));
