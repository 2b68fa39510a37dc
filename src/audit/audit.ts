import { groupByPrompt, type RenderedSample } from '../preview/sample-scores.ts';
import type { AuditReport } from '../protocol/audit-report.ts';
import type { RewardSet } from '../rewards/open-rewards.ts';
import { defined } from '../text/defined.ts';
import { failedFindings, repeatedFindings, variationFindings } from './function-findings.ts';
import { auditedPrompts, honestAnswer } from './honest-answer.ts';
import { auditedFunction, withstandsEmptyTricks } from './judge-function.ts';
import { dominating, pairFindings } from './pair-findings.ts';
import { positionBiases, positionFindings } from './position-bias.ts';
import { forms, type Probe, tricks } from './probes.ts';
import { reordered, Scoring, type ScoringOptions, scoresOf } from './scoring.ts';

/** Prompts that are audited: the first ones with the most samples. */
const MOST_PROMPTS = 8;
/** How often the probes are scored: as they are, again, and with each prompt's in reverse order. */
const PASSES = 3;

/**
 * Tries to earn rewards without the task, and honest answers in other forms. Every completion is scored three times: as it is, again, and with the
 * completions of its prompt in reverse, which a function of one completion must not notice.
 */
export async function audit(
  samples: readonly RenderedSample[],
  rewards: RewardSet,
  options: ScoringOptions,
): Promise<AuditReport> {
  const began = performance.now();
  const names = rewards.functions.map(({ name }) => name);
  const prompts = auditedPrompts(groupByPrompt(samples), MOST_PROMPTS);
  const scoring = new Scoring(rewards, options);

  const candidates = prompts.map(({ sample, candidates }) => candidates.map((completion) => ({ sample, completion })));
  scoring.plan(candidates.flat().length);
  const own = await scoring.score(candidates);
  const ownScores = scoresOf(own);
  const totals = ownScores.get('total')!;
  let next = 0;
  const honest = prompts.map(({ sample, gold, candidates }) => {
    const of = candidates.map(() => totals[next++] ?? Number.NEGATIVE_INFINITY);
    return honestAnswer(sample, candidates[of.indexOf(Math.max(...of))] ?? '', gold);
  });

  const golds = honest.flatMap(({ gold }) => gold ?? []);
  const probed = honest.map((answer): Probe[] => [...tricks(answer, golds), ...forms(answer)]);
  const groups = honest.map((answer, i) => [answer, ...probed[i]!]);
  scoring.plan(PASSES * groups.flat().length);
  const all = groups.flat();
  const honestFirst = [...all.keys()].toSorted((a, b) => Number('kind' in all[a]!) - Number('kind' in all[b]!));
  const table = reordered(await scoring.score(groups), honestFirst);
  const scores = scoresOf(table);
  const again = scoresOf(reordered(await scoring.score(groups), honestFirst));
  const fromBehind = honestFirst.map((row) => all.length - 1 - row);
  const backwards = groups.toReversed().map((group) => group.toReversed());
  const reversed = scoresOf(reordered(await scoring.score(backwards), fromBehind));
  const positions = await positionBiases(candidates.flat(), (order) => scoring.table(candidates, order));

  const probes = probed.flat();
  const lines = honest.map(({ sample }) => sample.line);
  const functions = [...names, ...(names.length > 1 ? ['total'] : [])].map((name) => {
    const column = table.find((each) => each.name === name);
    const milliseconds = column ? (column.seconds * 1000) / column.outcomes.length : null;
    return { ...auditedFunction(name, scores.get(name)!, lines, probes), milliseconds };
  });
  const soundTotal = names.length > 1 && withstandsEmptyTricks(scores.get('total')!, lines, probes);
  // Of one that was given up, what it scored until then tells nothing.
  const scored = table.filter(({ givenUp }) => !givenUp);
  const findings = [
    ...table.flatMap((column) => failedFindings(column, options.limitSeconds)),
    ...scored.flatMap(({ name }) => variationFindings(name, scores.get(name)!, honest.length, probes, soundTotal)),
    ...scored.flatMap(({ name }) => repeatedFindings(name, scores.get(name)!, again.get(name)!, reversed.get(name)!)),
    ...names.flatMap((name) => positionFindings(name, positions.get(name))),
    // Of completions that people or the model have written: probes are mostly alike in being worth nothing.
    ...pairFindings(names, ownScores),
    ...dominating(own, ownScores),
  ];
  return {
    ...{ prompts: prompts.length, answers: golds.length, probes: probes.length },
    ...{ seconds: (performance.now() - began) / 1000, findings },
    functions: functions.map((each) => ({ ...each, ...defined({ position: positions.get(each.name) }) })),
  };
}
