import '@vscode-elements/elements/dist/vscode-button/index.js';
import type { KeyedFinding } from '../../src/protocol/keyed-findings.ts';
import type { ExampleRow, ExplainedFinding } from '../../src/protocol/run-finding.ts';
import { SEVERITIES } from '../../src/protocol/severity.ts';
import { fileName } from '../../src/text/files-by-name.ts';
import type { ChartDefinition } from '../charts/definitions.ts';
import { el, setText } from '../dom.ts';
import { formatCount } from '../format.ts';
import { host } from '../host.ts';
import { KeyedList, type Row } from '../keyed-list.ts';
import type { ShownRemedy } from './remedy.ts';
import { severityIcon } from './severity.ts';

/** More are nothing that anyone opens one by one. */
const MOST_EXAMPLES = 3;

/** A finding, and what its row links to. */
export interface FindingItem extends KeyedFinding {
  charts: readonly ChartDefinition[];
  remedy: ShownRemedy;
  dismissed: boolean;
}

export interface FindingEvents {
  /** Shows the completions of a step, or one of them. */
  openStep(step: number, example?: ExampleRow): void;
  openChart(id: string): void;
}

/** A row of the list: what was found, where it shows, and what can be done. */
export function findingRow({ key, finding: { severity } }: FindingItem, events: FindingEvents): Row<FindingItem> {
  let item: FindingItem | undefined;
  const title = el('strong');
  const evidence = el('span', { class: 'evidence' });
  const link = (onclick: () => void) => el('button', { class: 'link', onclick });
  const also = el('ul', { class: 'finding-also', 'aria-label': 'Same cause' });
  const steps = link(() => events.openStep(item!.finding.steps.last));
  const examples = el('span', { class: 'links' });
  const charts = el('span', { class: 'links' });
  const place = link(() => host.postMessage({ type: 'openFinding', key }));
  const words = el('span', { class: 'muted' });
  const remedy = el('vscode-button', {
    secondary: true,
    onclick: () => host.postMessage({ type: 'applyRemedy', key }),
  });
  const dismiss = el('button', {
    class: 'flat dismiss',
    onclick: () => host.postMessage({ type: 'dismissFinding', key, dismissed: !item!.dismissed }),
  });

  const alsoList = new KeyedList<ExplainedFinding>(also, ({ title }) => title, explainedRow);
  const exampleList = new KeyedList<ExampleRow>(
    examples,
    ({ step, group, row }) => `${step} ${group} ${row}`,
    (example) => {
      const text = `Completion ${example.row + 1} of step ${formatCount(example.step)}`;
      const element = link(() => events.openStep(example.step, example));
      element.textContent = text;
      return { element };
    },
  );
  const chartList = new KeyedList<ChartDefinition>(
    charts,
    ({ id }) => id,
    ({ id, title }) => {
      const element = link(() => events.openChart(id));
      element.textContent = title;
      return { element };
    },
  );

  const element = el(
    'li',
    { class: 'finding' },
    severityIcon(severity),
    el(
      'div',
      { class: 'finding-text' },
      el('p', {}, el('span', { class: 'visually-hidden' }, `${SEVERITIES[severity][0]}: `), title, ' ', evidence),
      also,
      el('p', { class: 'finding-links' }, steps, examples, charts, place, words),
    ),
    el('div', { class: 'finding-actions' }, remedy, dismiss),
  );
  const update = (now: FindingItem) => {
    item = now;
    const { finding, dismissed } = now;
    const { first, last } = finding.steps;
    element.classList.toggle('dismissed', dismissed);
    setText(title, finding.title);
    setText(evidence, finding.evidence);
    setText(steps, first === last ? `Step ${formatCount(last)}` : `Steps ${formatCount(first)}–${formatCount(last)}`);
    steps.title = `Show the completions of step ${formatCount(last)}`;
    also.hidden = finding.also === undefined;
    alsoList.show(finding.also ?? []);
    exampleList.show((finding.examples ?? []).slice(0, MOST_EXAMPLES));
    chartList.show(now.charts);
    place.hidden = finding.place === undefined || finding.place.isFolder === true;
    if (finding.place) setText(place, placeText(finding.place));
    words.hidden = !now.remedy || !('words' in now.remedy);
    setText(words, now.remedy && 'words' in now.remedy ? now.remedy.words : '');
    remedy.hidden = !now.remedy || !('button' in now.remedy);
    setText(remedy, now.remedy && 'button' in now.remedy ? now.remedy.button : '');
    setText(dismiss, dismissed ? 'Restore' : '✕');
    const label = `${dismissed ? 'Restore' : 'Dismiss'} “${finding.title}”`;
    dismiss.setAttribute('aria-label', label);
    dismiss.title = dismissed ? 'Show it among the findings again' : 'Dismiss: hide it for this run';
  };
  return { element, update };
}

/** What the finding explains: it has the steps and the remedy. */
function explainedRow({ title }: ExplainedFinding): Row<ExplainedFinding> {
  const evidence = el('span');
  const element = el('li', {}, el('strong', {}, title), ' ', evidence);
  return { element, update: (now) => setText(evidence, now.evidence) };
}

const placeText = ({ file, line }: NonNullable<KeyedFinding['finding']['place']>): string =>
  line === undefined ? fileName(file) : `${fileName(file)}:${line}`;
