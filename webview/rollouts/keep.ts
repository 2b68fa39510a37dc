import type { HostMessage, KeptSample } from '../../src/protocol/dashboard.ts';
import type { Completion } from '../../src/protocol/dashboard-completion.ts';
import { el, setText } from '../dom.ts';
import { host } from '../host.ts';

type Sampled = Extract<HostMessage, { type: 'sampled' }>;

/** Who waits for what became of a sample, by the id that it was sent with. */
const waiting = new Map<number, (sampled: Sampled) => void>();
let lastId = 0;

/** Tells the buttons that asked what became of their sample. */
export function settleSample(sampled: Sampled): void {
  waiting.get(sampled.id)?.(sampled);
  waiting.delete(sampled.id);
}

interface Kept {
  completion: Completion;
  /** What the functions give it. */
  scores: Record<string, number | null>;
}

/** Buttons that keep a completion in the samples of the run's config, as it is or with what the functions gave it as what they should give. */
export function keepButtons(): { element: HTMLElement; update(kept: Kept): void } {
  const said = el('span', { class: 'muted', role: 'status' });
  const open = el('button', { class: 'link', hidden: true }, 'Open');
  let sample: Omit<KeptSample, 'expect'> | undefined;
  let given: [string, number][] = [];
  let shown = '';
  let line = 1;
  open.addEventListener('click', () => host.postMessage({ type: 'openSample', line }));

  const keep = (expect?: Record<string, number>) => {
    if (!sample) return;
    const id = ++lastId;
    waiting.set(id, (sampled) => {
      line = sampled.line;
      open.hidden = sampled.outcome === 'failed';
      setText(said, describe(sampled, expect !== undefined));
    });
    host.postMessage({ type: 'sample', id, sample: { ...sample, ...(expect && { expect }) } });
  };
  const add = el('button', { class: 'flat', onclick: () => keep() }, 'Add to Samples');
  const expectScore = el(
    'button',
    {
      class: 'flat',
      title: 'Adds the completion to the samples and expects these scores',
      onclick: () => keep(Object.fromEntries(given)),
    },
    'Save as Expected Score',
  );
  const update = ({ completion: { prompt, completion, columns = {}, exact }, scores }: Kept) => {
    sample = { prompt, completion, columns, ...(exact && { exact }) };
    given = Object.entries(scores).filter((entry): entry is [string, number] => entry[1] !== null);
    expectScore.disabled = given.length === 0;
    // What was said is about what was shown then.
    const now = JSON.stringify([sample, given]);
    if (shown !== now) setText(said, '');
    if (shown !== now) open.hidden = true;
    shown = now;
  };
  return { element: el('div', { class: 'keep' }, add, expectScore, said, open), update };
}

function describe({ outcome, file, problem }: Sampled, expecting: boolean): string {
  switch (outcome) {
    case 'added':
      return `Added to ${file}${expecting ? ' with these expected scores' : ''}.`;
    case 'updated':
      return `Expected scores updated in ${file}.`;
    case 'there':
      return expecting ? `${file} already expects these scores.` : `Already in ${file}.`;
    case 'failed':
      return problem ?? 'Could not add the sample.';
    default:
      return outcome satisfies never;
  }
}
