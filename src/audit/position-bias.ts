import { mean } from '../grpo/statistics.ts';
import type { AuditedFunction, AuditFinding } from '../protocol/audit-report.ts';
import type { AnswerOrder, ScoreTable } from '../protocol/rewards.ts';
import { scoreOf } from '../rewards/score-table.ts';

/** Below these, a judge's preference for a place hardly matters beside what it thinks of the answers. */
const SHARE = 0.1;
const GAIN = 0.1;

type PositionBias = NonNullable<AuditedFunction['position']>;

/** A completion that was scored, and its prompt. */
interface Candidate {
  sample: object;
  completion: string;
}

/**
 * How much the verdicts of functions that show a judge several completions at once depend on the places that these have: every group is judged in both
 * orders. Functions of other kinds are not in the result.
 */
export async function positionBiases(
  candidates: readonly Candidate[],
  score: (order: AnswerOrder) => Promise<Pick<ScoreTable, 'columns' | 'totals'>>,
): Promise<Map<string, PositionBias>> {
  const [given, reversed] = [await score('given'), await score('reversed')];
  const compared = given.columns.filter(({ name }) => (given.totals?.[`judge/${name}/in_order`] ?? 0) > 0);
  const biases = compared.map(({ name, outcomes }) => {
    const after = reversed.columns.find((column) => column.name === name)!.outcomes;
    return [name, biasOf(candidates, outcomes.map(scoreOf), after.map(scoreOf))] as const;
  });
  return new Map(biases.filter(([, { pairs }]) => pairs > 0));
}

function biasOf(
  candidates: readonly Candidate[],
  given: readonly (number | null)[],
  reversed: readonly (number | null)[],
): PositionBias {
  let [pairs, changed] = [0, 0];
  const gains: number[] = [];
  for (const rows of shownRows(candidates)) {
    const scored = rows.map((row) => [given[row], reversed[row]] as const);
    for (const [i, one] of scored.entries())
      for (const other of scored.slice(i + 1)) {
        if ([...one, ...other].some((score) => score === null)) continue;
        pairs++;
        if (Math.sign(one[0]! - other[0]!) !== Math.sign(one[1]! - other[1]!)) changed++;
      }
    for (const [place, [first, last]] of scored.entries()) {
      const shift = Math.sign(rows.length - 1 - 2 * place);
      if (shift !== 0 && first !== null && last !== null) gains.push(shift * (first! - last!));
    }
  }
  return { pairs, changed, gain: mean(gains) ?? 0 };
}

/** Of each prompt, one row for each completion, in the order in which a judge sees them: equal ones are shown once. */
function shownRows(candidates: readonly Candidate[]): number[][] {
  const groups = new Map<object, Map<string, number>>();
  for (const [row, { sample, completion }] of candidates.entries()) {
    const group = groups.get(sample) ?? new Map<string, number>();
    groups.set(sample, group);
    if (!group.has(completion)) group.set(completion, row);
  }
  return [...groups.values()].map((group) => [...group.values()]);
}

export function positionFindings(name: string, bias: PositionBias | undefined): AuditFinding[] {
  if (!bias || (bias.changed <= SHARE * bias.pairs && Math.abs(bias.gain) <= GAIN)) return [];
  return [
    {
      kind: 'position-bias',
      severity: 'warning',
      name,
      message: `${name} depends on the places that completions have in the question; ask a better judge, or judge each alone.`,
    },
  ];
}

/** "better: 2 of 12 comparisons depend on the order of the answers; one that is shown earlier gets 0.05 more". */
export function positionWords(name: string, { pairs, changed, gain }: PositionBias): string {
  const depend = `${changed} of ${pairs} comparisons depend on the order in which the judge sees the answers`;
  const size = Math.abs(gain).toFixed(2);
  const places = size === '0.00' ? '' : `; one that it sees ${gain > 0 ? 'earlier' : 'later'} gets ${size} more`;
  return `${name}: ${depend}${places}`;
}
