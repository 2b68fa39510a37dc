import type { Completion, HostMessage } from '../../src/protocol/dashboard.ts';
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

/** Buttons that keep a completion in the samples of the run's config, as it is or with what the functions gave it as what they should give. */
export function keepButtons(
  { prompt, completion, columns = {} }: Completion,
  scores: Record<string, number | null>,
): HTMLElement {
  const said = el('span', { class: 'muted', role: 'status' });
  const open = el('button', { class: 'link', hidden: true }, 'Open');
  const given = Object.entries(scores).filter((entry): entry is [string, number] => entry[1] !== null);
  let line = 1;
  open.addEventListener('click', () => host.postMessage({ type: 'openSample', line }));

  const keep = (expect?: Record<string, number>) => {
    const id = ++lastId;
    waiting.set(id, (sampled) => {
      line = sampled.line;
      open.hidden = sampled.outcome === 'failed';
      setText(said, describe(sampled, expect !== undefined));
    });
    host.postMessage({ type: 'sample', id, sample: { prompt, completion, columns, ...(expect && { expect }) } });
  };
  return el(
    'div',
    { class: 'keep' },
    el('button', { class: 'flat', onclick: () => keep() }, 'Add to Samples'),
    el(
      'button',
      {
        class: 'flat',
        disabled: given.length === 0,
        title: 'Adds it to the samples with these scores as the expected ones',
        onclick: () => keep(Object.fromEntries(given)),
      },
      'Expect This Score',
    ),
    said,
    open,
  );
}

function describe({ outcome, file, problem }: Sampled, expecting: boolean): string {
  switch (outcome) {
    case 'added':
      return `Added to ${file}${expecting ? ' with these scores expected' : ''}.`;
    case 'updated':
      return `These scores are expected in ${file} now.`;
    case 'there':
      return expecting ? `${file} expects these scores already.` : `In ${file} already.`;
    case 'failed':
      return problem ?? 'It could not be added.';
  }
}
