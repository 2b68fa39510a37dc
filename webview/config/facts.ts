import type { RunHead } from '../../src/protocol/dashboard.ts';
import type { SourceNow } from '../../src/protocol/dashboard-config.ts';
import type { FileDigest } from '../../src/protocol/run-folder.ts';
import { formatBytes } from '../../src/text/bytes.ts';
import { fileName } from '../../src/text/files-by-name.ts';
import { dayAndTime } from '../../src/text/start-time.ts';
import { type Child, el } from '../dom.ts';
import { host } from '../host.ts';

/** What people wrote about the run, with buttons that ask for it. */
export function aboutFacts({ about = {} }: RunHead): Child[] {
  const { note, tags = [] } = about;
  return [
    ...heading('Notes'),
    note !== undefined && el('p', { class: 'note' }, note),
    tags.length > 0 && el('p', {}, ...tags.map((tag) => el('span', { class: 'tag' }, `#${tag}`))),
    el(
      'p',
      { class: 'fact-buttons' },
      command(note === undefined ? 'Add Note' : 'Edit Note', 'editNote'),
      command(tags.length === 0 ? 'Add Tags' : 'Edit Tags', 'editTags'),
    ),
  ];
}

/** Where and with what it ran. */
export function runFacts({ createdAt, device, config, folder }: RunHead, versions: Record<string, string>): Child[] {
  return [
    ...heading('Run'),
    el(
      'dl',
      { class: 'facts-list' },
      ...fact('started', dayAndTime(createdAt)),
      ...fact('device', device ?? '–'),
      ...fact('seed', String(config.seed)),
      ...Object.entries(versions).flatMap(([name, version]) => fact(name, version)),
      ...fact('folder', folder),
    ),
  ];
}

/** The content of what it read, by which it can be told from another. */
export function inputFacts({ inputs }: RunHead): Child[] {
  if (!inputs) return [...heading('Model and data'), unrecorded('what it read')];
  const files = (digests: FileDigest | readonly FileDigest[] | null) => (digests === null ? [] : [digests].flat());
  const list = (title: string, digests: readonly FileDigest[]): Child[] =>
    digests.length === 0 ? [] : [el('h3', {}, title), el('ul', { class: 'files' }, ...digests.map(fileItem))];
  return [
    ...heading('Model and data'),
    ...list('Dataset', files(inputs.dataset)),
    ...list('Held-out dataset', files(inputs.evalDataset)),
    ...list('Recorded rollouts', files(inputs.rollouts)),
    ...list('Model', inputs.model),
  ];
}

/** The reward code, how it is today, and the copies that the run keeps. */
export function sourceFacts({ rewardSources }: RunHead, states: readonly SourceNow[]): Child[] {
  if (!rewardSources) return [...heading('Reward code'), unrecorded('its reward code')];
  const items = rewardSources.map(({ name, sha256 }) => {
    const { now = 'same', isReward = true } = states.find((state) => state.name === name) ?? {};
    return el(
      'li',
      {},
      el('span', { class: 'file' }, name),
      el('span', { class: 'muted' }, digestText(sha256)),
      el('span', { class: now === 'same' ? 'muted' : 'changed' }, NOW[now]),
      el(
        'span',
        { class: 'fact-buttons' },
        sourceButton('Open Recorded', name, 'open'),
        now === 'changed' && sourceButton('Show Diff', name, 'diff'),
        now !== 'same' && isReward && sourceButton('Restore Copy', name, 'restore'),
      ),
    );
  });
  return [...heading('Reward code'), el('ul', { class: 'files' }, ...items)];
}

const NOW = { same: 'unchanged', changed: 'changed since this run', missing: 'no longer there' } as const;

const heading = (text: string): Child[] => [el('h2', {}, text)];

const unrecorded = (what: string) => el('p', { class: 'muted' }, `Its version of GRPO Lab did not record ${what}.`);

const fact = (name: string, value: string): Child[] => [el('dt', {}, name), el('dd', {}, value)];

function fileItem({ file, bytes, sha256, covers }: FileDigest): HTMLElement {
  const hash = `${digestText(sha256)}${covers === 'sample' ? ' (sample)' : ''}`;
  return el(
    'li',
    {},
    el('span', { class: 'file', title: file }, fileName(file)),
    el('span', { class: 'muted' }, formatBytes(bytes)),
    el('span', { class: 'muted', title: sha256 }, hash),
  );
}

/** The beginning tells files apart; the rest is in run.json. */
const digestText = (sha256: string): string => `SHA-256 ${sha256.slice(0, 12)}…`;

const command = (label: string, name: 'editNote' | 'editTags') =>
  el('button', { class: 'flat', onclick: () => host.postMessage({ type: 'configCommand', command: name }) }, label);

const sourceButton = (label: string, name: string, action: 'open' | 'diff' | 'restore') =>
  el(
    'button',
    {
      class: 'flat',
      'aria-label': `${label}: ${name}`,
      onclick: () => host.postMessage({ type: 'source', name, action }),
    },
    label,
  );
