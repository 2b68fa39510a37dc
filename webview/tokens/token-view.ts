import './tokens.css';
import type { CompletionTokens } from '../../src/protocol/completion-tokens.ts';
import { type ClipBounds, isClipped } from '../../src/protocol/explain-ratios.ts';
import type { RunConfig } from '../../src/protocol/run-config.ts';
import { formatNumber, formatShare } from '../../src/text/numbers.ts';
import { el, setText } from '../dom.ts';
import { type Measure, type MeasureName, measuresOf } from './measures.ts';
import { piecesOf, visible } from './pieces.ts';

export interface TokenContext {
  completion: string;
  /** It was not cut off. */
  ended: boolean;
  /** Of the completion as a whole. */
  advantage: number;
  /** As at the completion's step. */
  clip: ClipBounds & Pick<RunConfig, 'importanceSamplingLevel'>;
  /** What tokens were last colored by, and who keeps that. */
  measure: string;
  choose(measure: MeasureName): void;
}

/** Steps between no color and the strongest one: few, so that neighbours that differ can be told apart. */
const LEVELS = 8;

/** A completion whose tokens are colored by what was computed of them; the numbers of one are shown under the pointer, or by the arrow keys. */
export class TokenView {
  readonly element: HTMLElement;
  readonly #tokens: CompletionTokens;
  readonly #context: TokenContext;
  readonly #measures: Partial<Record<MeasureName, Measure>>;
  readonly #pieces: string[];
  readonly #spans: HTMLElement[];
  readonly #text: HTMLElement;
  readonly #readout = el('p', { class: 'token-readout', role: 'status' });
  readonly #legend = el('span', { class: 'token-legend muted' });
  #current = -1;

  constructor(tokens: CompletionTokens, context: TokenContext) {
    this.#tokens = tokens;
    this.#context = context;
    this.#measures = measuresOf(tokens);
    const pieces = piecesOf(context.completion, tokens, context.ended);
    this.#pieces = pieces.map(({ text }) => text);
    this.#spans = pieces.map(({ text, silent }) =>
      el('span', { class: silent ? 'token silent' : 'token' }, visible(text)),
    );
    this.#text = el(
      'pre',
      {
        ...{ class: 'tokens', tabindex: 0, role: 'group', 'aria-label': 'Tokens: arrow keys read their numbers' },
        onmousemove: (event: MouseEvent) => this.#show(this.#spans.indexOf(event.target as HTMLElement)),
        onfocus: () => this.#show(Math.max(0, this.#current)),
        onkeydown: (event: KeyboardEvent) => this.#onKey(event),
      },
      ...this.#spans,
    );
    const names = Object.keys(this.#measures) as MeasureName[];
    const first = names.find((name) => name === context.measure) ?? names[0];
    const select = el(
      'select',
      { 'aria-label': 'Color tokens by', onchange: () => this.#choose(select.value as MeasureName) },
      ...names.map((name) => el('option', { value: name, selected: name === first }, this.#measures[name]!.label)),
    );
    const nothing =
      'Nothing was recorded of single tokens: the group has no signal, or the run is of an earlier release.';
    this.element = el(
      'div',
      { class: 'token-view' },
      el(
        'div',
        { class: 'bar' },
        ...(first ? ['Color by ', select, this.#legend] : [el('span', { class: 'muted' }, nothing)]),
      ),
      this.#text,
      this.#readout,
    );
    if (first) this.#paint(this.#measures[first]!);
    setText(this.#readout, HINT);
  }

  #choose(name: MeasureName): void {
    this.#context.choose(name);
    this.#paint(this.#measures[name]!);
  }

  #paint({ values, share, sign, scale: [weakest, strongest, lowest] }: Measure): void {
    for (const [token, span] of this.#spans.entries()) {
      const value = values[token];
      const known = value !== null && value !== undefined && Number.isFinite(value);
      const level = known ? Math.round(LEVELS * Math.max(0, share(value))) : 0;
      span.style.setProperty('--level', String(level / LEVELS));
      span.classList.toggle('below', known && level > 0 && sign(value) < 0);
    }
    const swatch = (level: number) => {
      const shown = el('span', { class: level < 0 ? 'token below' : 'token', 'aria-hidden': 'true' }, '\u00a0\u00a0');
      shown.style.setProperty('--level', String(Math.abs(level)));
      return shown;
    };
    const above = [0.25, 0.5, 0.75, 1];
    const below = lowest === undefined ? [] : [lowest, ' ', ...above.toReversed().map((level) => swatch(-level))];
    const middle = lowest === undefined ? [weakest, ' ', swatch(0)] : [` ${weakest} `];
    this.#legend.replaceChildren(...below, ...middle, ...above.map(swatch), ' ', strongest);
  }

  #onKey(event: KeyboardEvent): void {
    const last = this.#spans.length - 1;
    const to = { ArrowLeft: this.#current - 1, ArrowRight: this.#current + 1, Home: 0, End: last }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    this.#show(Math.min(last, Math.max(0, to)));
    this.#spans[this.#current]?.scrollIntoView({ block: 'nearest' });
  }

  #show(token: number): void {
    if (token < 0 || token === this.#current) return;
    this.#spans[this.#current]?.classList.remove('current');
    this.#current = token;
    this.#spans[token]!.classList.add('current');
    setText(this.#readout, this.#describe(token));
  }

  #describe(token: number): string {
    const { ids, logprobs, entropies, ratios, learns, kl, advantages } = this.#tokens;
    const { advantage, clip } = this.#context;
    const logProb = logprobs?.[token];
    const own = advantages?.[token] ?? advantage;
    const ratio = ratios?.[token];
    // One ratio for all tokens is clipped as one.
    const clipped = ratio !== undefined && clip.importanceSamplingLevel !== 'sequence' && isClipped(ratio, own, clip);
    return [
      `${token + 1} of ${ids.length}: ${JSON.stringify(this.#pieces[token])}, id ${ids[token]}`,
      logProb === null && 'not written by the policy',
      typeof logProb === 'number' && `log-probability ${formatNumber(logProb)} (${formatShare(Math.exp(logProb))})`,
      entropies && `entropy ${formatNumber(entropies[token])}`,
      ratio !== undefined && `ratio ${formatNumber(ratio)}${clipped ? ', clipped' : ''}`,
      learns?.[token] === 0 && 'does not learn: its entropy is too low',
      kl && `KL ${formatNumber(kl[token])}`,
      `advantage ${formatNumber(own)}`,
    ]
      .filter((part) => part !== false && part !== undefined)
      .join(' · ');
  }
}

const HINT = 'Point at a token, or use the arrow keys, to read its numbers.';
