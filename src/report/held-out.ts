import type { EvaluatedCompletion } from '../protocol/dashboard-completion.ts';
import { gainOf, type MatchedPrompt, matchPrompts, type PromptSide, sortPrompts } from '../protocol/matched-prompts.ts';
import { formatNumber, signOf } from '../text/numbers.ts';
import { answerBlock, columnsLine, promptBlock } from './completions.ts';
import { type Html, html } from './html.ts';

export interface Evaluation {
  step: number;
  rows: readonly EvaluatedCompletion[];
}

const SHOWN = 3;

/** The same held-out prompts under the policy of two steps: what gained most, and what got worse. */
export function heldOutSection(first: Evaluation, last: Evaluation): Html {
  const matched = matchPrompts([first.rows, last.rows]).filter((prompt) => gainOf(prompt, 1) !== null);
  const compared = sortPrompts(matched, '-gain', 1);
  const pointing = (sign: ReturnType<typeof signOf>) => compared.filter((prompt) => signOf(gainOf(prompt, 1)) === sign);
  const [gained, lost, same] = [pointing('up'), pointing('down').reverse(), pointing('zero')];
  // Where nothing changed, that is what there is to see.
  const shown = [...gained.slice(0, SHOWN), ...lost.slice(0, SHOWN)];
  const pairs = shown.length > 0 ? shown : same.slice(0, SHOWN);
  if (pairs.length === 0) return html``;
  return html`<section><h2>Held-out prompts before and after</h2>
<p class="muted">${compared.length} prompts: ${gained.length} better, ${lost.length} worse, ${same.length} unchanged. Those that changed most:</p>
${pairs.map((pair) => comparison(pair, first.step, last.step))}</section>`;
}

function comparison(matched: MatchedPrompt, from: number, to: number): Html {
  const [before, after] = matched.sides as [PromptSide, PromptSide];
  const gain = gainOf(matched, 1)!;
  const side = (step: number, { completions, reward }: PromptSide) => html`<div>
<h4>${step === 0 ? 'before training' : `after step ${step}`} · mean reward ${formatNumber(reward)}</h4>${answerBlock(middling(completions, reward!))}</div>`;
  return html`<article>
<h3><span class="tag ${gain < 0 ? 'worst' : 'best'}">${gain > 0 && '+'}${formatNumber(gain)}</span></h3>
${promptBlock(matched.prompt)}${columnsLine(before.completions[0]!)}
<div class="sides">${side(from, before)}${side(to, after)}</div></article>`;
}

/** The completion nearest to the mean: neither a lucky one nor an unlucky one. */
function middling(rows: readonly EvaluatedCompletion[], mean: number): EvaluatedCompletion {
  const distance = ({ reward }: EvaluatedCompletion) => Math.abs((reward ?? Infinity) - mean);
  return rows.reduce((nearest, row) => (distance(row) < distance(nearest) ? row : nearest));
}
