import type { ChatSide, Verdict } from '../../src/protocol/chat.ts';
import { formatNumber } from '../../src/text/numbers.ts';
import { type Child, el, setChildren, setText } from '../dom.ts';
import type { Row } from '../keyed-list.ts';
import { promptBlock } from '../prompt-block.ts';
import { failureWords } from '../rollouts/outcome.ts';
import { rowColumns } from '../row-columns.ts';
import type { Exchange, SideAnswer } from './exchanges.ts';

/** A question over both answers. They are updated in place: text that is being read, or selected, stays where it is. */
export function exchangeRow(names: Record<ChatSide, string>): (exchange: Exchange) => Row<Exchange> {
  return ({ prompt, columns, missing }) => {
    const [base, checkpoint] = [answerCard(names.base), answerCard(names.checkpoint)];
    const problem = el('p', { class: 'failure' });
    const element = el(
      'li',
      { class: 'exchange' },
      promptBlock(prompt),
      rowColumns(columns),
      missing.length > 0 &&
        el(
          'p',
          { class: 'muted' },
          `Without the dataset’s ${missing.join(', ')}, which reward functions may need: choose a prompt to have them.`,
        ),
      el('div', { class: 'answers' }, base.element, checkpoint.element),
      problem,
    );
    const update = (exchange: Exchange) => {
      base.update(exchange.sides.base, exchange.done);
      checkpoint.update(exchange.sides.checkpoint, exchange.done);
      problem.hidden = exchange.problem === undefined;
      setText(problem, exchange.problem ?? '');
    };
    return { element, update };
  };
}

function answerCard(name: string): { element: HTMLElement; update(answer: SideAnswer, done: boolean): void } {
  const facts = el('span', { class: 'muted' });
  const reward = el('span', { class: 'reward' });
  const text = el('pre');
  const scores = el('dl', { class: 'scores' });
  const element = el(
    'article',
    { class: 'answer', 'aria-label': name },
    el('header', {}, el('strong', {}, name), reward, facts),
    text,
    scores,
  );
  const update = ({ text: words, ended, scored }: SideAnswer, done: boolean) => {
    element.classList.toggle('writing', !ended && !done);
    setText(text, ended && words === '' ? '(empty)' : words);
    setText(facts, ended ? factsOf(ended) : done ? '' : 'writing …');
    const figure = scored && (scored.reward === null ? 'no reward' : `reward ${formatNumber(scored.reward)}`);
    setText(reward, figure ?? '');
    setChildren(scores, JSON.stringify(scored?.verdicts ?? []), () => (scored?.verdicts ?? []).map(verdictLine));
  };
  return { element, update };
}

const factsOf = ({ tokens, seconds, end }: NonNullable<SideAnswer['ended']>): string => {
  const how = end === 'finished' ? '' : ` · ${end}`;
  return `${tokens} ${tokens === 1 ? 'token' : 'tokens'} · ${seconds.toFixed(1)} s${how}`;
};

function verdictLine({ name, kind, score, reason, extracted, place }: Verdict): HTMLElement {
  const gives = kind === 'score' ? formatNumber(score) : kind === 'abstain' ? 'abstained' : 'failed';
  const found = extracted !== null && ['extracted ', el('code', {}, extracted === '' ? '(empty)' : extracted)];
  const said: Child[] = [...(found || []), found && reason !== null && ' · ', reason];
  return el(
    'div',
    {},
    el('dt', {}, name),
    el('dd', {}, gives),
    kind === 'failure'
      ? el('dd', { class: 'failure wrong' }, ...failureWords(reason ?? '', place))
      : el('dd', { class: 'muted' }, ...said),
  );
}
