import { mean } from '../grpo/statistics.ts';
import type { EvaluatedCompletion } from '../protocol/dashboard-completion.ts';
import { formatNumber } from '../text/numbers.ts';
import { answerBlock, columnsLine, promptBlock } from './completions.ts';
import { type Html, html } from './html.ts';

export interface Evaluation {
  step: number;
  rows: readonly EvaluatedCompletion[];
}

/** A held-out prompt and its completions before and after. */
interface Compared {
  before: readonly EvaluatedCompletion[];
  after: readonly EvaluatedCompletion[];
  gain: number;
}

const SHOWN = 3;

/** The same held-out prompts under the policy of two steps: what gained most, and what got worse. */
export function heldOutSection(first: Evaluation, last: Evaluation): Html {
  const compared = comparedPrompts(first, last).sort((a, b) => b.gain - a.gain);
  const gained = compared.filter(({ gain }) => gain > 0);
  const lost = compared.filter(({ gain }) => gain < 0).reverse();
  const same = compared.filter(({ gain }) => gain === 0);
  // Where nothing changed, that is what there is to see.
  const shown = [...gained.slice(0, SHOWN), ...lost.slice(0, SHOWN)];
  const pairs = shown.length > 0 ? shown : same.slice(0, SHOWN);
  if (pairs.length === 0) return html``;
  return html`<section><h2>Held-out prompts before and after</h2>
<p class="muted">${compared.length} prompts: ${gained.length} better, ${lost.length} worse, ${same.length} unchanged. Those that changed most:</p>
${pairs.map((pair) => comparison(pair, first.step, last.step))}</section>`;
}

function comparedPrompts(first: Evaluation, last: Evaluation): Compared[] {
  const groups = new Map(first.rows.map(({ group }) => [group, group]));
  return [...groups.keys()].flatMap((group) => {
    const [before, after] = [first, last].map(({ rows }) => rows.filter((row) => row.group === group));
    const [from, to] = [meanOf(before!), meanOf(after!)];
    return from === null || to === null ? [] : [{ before: before!, after: after!, gain: to - from }];
  });
}

function comparison({ before, after, gain }: Compared, from: number, to: number): Html {
  const side = (step: number, rows: readonly EvaluatedCompletion[]) => html`<div>
<h4>${step === 0 ? 'before training' : `after step ${step}`} · mean reward ${formatNumber(meanOf(rows))}</h4>${answerBlock(middling(rows))}</div>`;
  return html`<article>
<h3><span class="tag ${gain < 0 ? 'worst' : 'best'}">${gain > 0 && '+'}${formatNumber(gain)}</span></h3>
${promptBlock(before[0]!.prompt)}${columnsLine(before[0]!)}
<div class="sides">${side(from, before)}${side(to, after)}</div></article>`;
}

const meanOf = (rows: readonly EvaluatedCompletion[]): number | null => mean(rows.map(({ reward }) => reward));

/** The completion nearest to the mean: neither a lucky one nor an unlucky one. */
function middling(rows: readonly EvaluatedCompletion[]): EvaluatedCompletion {
  const wanted = meanOf(rows) ?? 0;
  const distance = ({ reward }: EvaluatedCompletion) => Math.abs((reward ?? Infinity) - wanted);
  return rows.reduce((nearest, row) => (distance(row) < distance(nearest) ? row : nearest));
}
