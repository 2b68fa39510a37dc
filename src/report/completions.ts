import type { Selection } from '../grpo/rejection.ts';
import type { Completion, EvaluatedCompletion } from '../protocol/dashboard-completion.ts';
import { messageText } from '../protocol/message-text.ts';
import type { Prompt } from '../protocol/rewards.ts';
import { inGroups } from '../protocol/row-groups.ts';
import { keptRows } from '../protocol/selection.ts';
import { ANSWER } from '../text/answer-column.ts';
import { formatNumber } from '../text/numbers.ts';
import { shorten, withoutMiddle } from '../text/visible.ts';
import { type Html, html } from './html.ts';

type Shown = EvaluatedCompletion & { advantage?: number; advantages?: number[]; kept?: boolean };

/** More of a text is not read, in characters: its beginning and its end. */
const [HEAD, TAIL] = [4000, 1000];
const MOST_OF_COLUMN = 300;
const SHOWN = 2;

const cut = (text: string): string => withoutMiddle(text, HEAD, TAIL, (gap) => `\n… ${gap} characters …\n`);

/** The best and the worst completions of a step; of one of a rejection stage, also what that keeps. */
export function stepSection(step: number, rows: readonly Completion[], selection?: Selection): Html {
  const kept = selection && new Set(inGroups(rows).flatMap((group) => [...keptRows(group, selection)]));
  const ranked = merged(kept ? rows.map((row) => ofRejection(row, kept.has(row))) : rows).sort(
    (a, b) => worth(b.row) - worth(a.row),
  );
  const best = ranked.slice(0, SHOWN);
  const worst = ranked.slice(Math.max(SHOWN, ranked.length - SHOWN));
  return html`<section><h2>Completions of step ${step}</h2>
<p class="muted">The best and the worst of ${rows.length}${ranked.length < rows.length && `, of which ${ranked.length} differ`}.</p>
<div class="sides"><div>${best.map(({ row, times }) => card(row, { mark: 'best', times }))}</div>
<div>${worst.map(({ row, times }) => card(row, { mark: 'worst', times }))}</div></div></section>`;
}

/** Its advantage has no meaning: the step trains nothing. */
function ofRejection({ advantage: _, advantages: __, ...row }: Completion, kept: boolean): Shown {
  return kept ? { ...row, kept } : row;
}

/** A completion with its prompt, its scores and what rewards said of it. */
function card(row: Shown, { mark, times }: { mark: string; times: number }): Html {
  return html`<article>
<h3><span class="tag ${mark}">${mark}</span> reward ${formatNumber(row.reward)}${times > 1 && html` <span class="muted">× ${times}</span>`}</h3>
${promptBlock(row.prompt)}${columnsLine(row)}
${answerBlock(row)}
</article>`;
}

/** Without its prompt: what the model wrote, and what it earned. */
export function answerBlock(row: Shown): Html {
  return html`<pre class="completion" dir="auto">${row.completion === '' ? html`<i class="muted">empty</i>` : cut(row.completion)}</pre>
<p class="scores">${facts(row).map((fact) => html`<span>${fact}</span>`)}</p>
${row.error !== null && html`<p class="error">${shorten(row.error, MOST_OF_COLUMN)}</p>`}`;
}

function facts({ rewards, details, advantage, advantages, length, truncated, kept }: Shown): string[] {
  const scores = Object.entries(rewards).map(([name, score]) => {
    const reason = details?.[name]?.reason;
    return `${name} ${formatNumber(score)}${reason === undefined ? '' : ` (${shorten(reason, MOST_OF_COLUMN)})`}`;
  });
  return [
    ...scores,
    ...(advantage === undefined
      ? []
      : [`advantage ${formatNumber(advantage)}${advantages ? ' of the first token' : ''}`]),
    ...(length === 0 ? [] : [`${length} token${length === 1 ? '' : 's'}`]),
    ...(truncated ? ['truncated'] : []),
    ...(kept ? ['kept for later stages'] : []),
  ];
}

export function promptBlock(prompt: Prompt): Html {
  if (typeof prompt === 'string') return html`<pre class="prompt" dir="auto">${cut(prompt)}</pre>`;
  return html`<div class="prompt">${prompt.map(
    (message) =>
      html`<p class="role">${message.role}</p><pre dir="auto">${cut(messageText(message))}</pre>${
        message.tool_calls !== undefined && html`<pre>${cut(JSON.stringify(message.tool_calls, null, 2))}</pre>`
      }`,
  )}</div>`;
}

/** The dataset's other columns, the expected answer first. */
export function columnsLine({ columns = {}, exact }: Shown): Html {
  const names = Object.keys(columns).sort((a, b) => Number(ANSWER.test(b)) - Number(ANSWER.test(a)));
  if (names.length === 0) return html``;
  const textOf = (name: string) => {
    const value = columns[name];
    return shorten(typeof value === 'string' ? value : (exact?.[name] ?? JSON.stringify(value)), MOST_OF_COLUMN);
  };
  return html`<p class="columns">${names.map((name) => html`<span><b>${name}</b> <bdi>${textOf(name)}</bdi></span>`)}</p>`;
}

/** Equal completions of a prompt once, with how many there are. */
function merged(rows: readonly Shown[]): { row: Shown; times: number }[] {
  const found = new Map<string, { row: Shown; times: number }>();
  for (const row of rows) {
    const key = JSON.stringify([row.group, row.completion, row.reward]);
    const known = found.get(key);
    if (known) found.set(key, { row: row.kept ? row : known.row, times: known.times + 1 });
    else found.set(key, { row, times: 1 });
  }
  return [...found.values()];
}

const worth = ({ reward }: Pick<Shown, 'reward'>): number => reward ?? -Infinity;
