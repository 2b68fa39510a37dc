import './findings.css';
import type { KeyedFinding } from '../../src/protocol/keyed-findings.ts';
import type { ExampleRow } from '../../src/protocol/run-finding.ts';
import { countsText, SEVERITIES, type Severity } from '../../src/protocol/severity.ts';
import type { ChartDefinition } from '../charts/definitions.ts';
import { el, setText } from '../dom.ts';
import { host } from '../host.ts';
import { KeyedList } from '../keyed-list.ts';
import type { Store } from '../store.ts';
import { type FindingItem, findingRow } from './finding-row.ts';
import { chartsOf, metricsOf } from './marks.ts';
import { shownRemedy } from './remedy.ts';
import { severityIcon } from './severity.ts';

/** A longer list is one line until someone opens it. */
const LONG = 3;

/** What is wrong with the run, above its curves; nothing of it is seen where nothing is. */
export class Findings {
  readonly element: HTMLElement;
  readonly #store: Store;
  readonly #counts = el('span', { class: 'finding-counts', 'aria-hidden': 'true' });
  readonly #spoken = el('span', { class: 'visually-hidden' });
  readonly #worst = el('span', { class: 'finding-worst' });
  readonly #toggle: HTMLElement;
  readonly #dismissed: HTMLElement;
  readonly #list = el('ul', { id: 'findings', 'aria-label': 'Findings' });
  readonly #rows: KeyedList<FindingItem>;
  readonly #byseverity: Record<Severity, HTMLElement>;
  #definitions: readonly ChartDefinition[] = [];
  /** As the list was when it was first seen, unless someone has opened or closed it. */
  #open: boolean | undefined;
  #showsDismissed = false;
  #watches = false;

  constructor(store: Store, openChart: (id: string) => void) {
    this.#store = store;
    this.#rows = new KeyedList<FindingItem>(
      this.#list,
      ({ key, finding }) => `${finding.severity} ${key}`,
      (item) => findingRow(item, { openStep: (step, example) => this.#openStep(step, example), openChart }),
    );
    const severities = Object.keys(SEVERITIES) as Severity[];
    this.#byseverity = Object.fromEntries(
      severities.map((severity) => [severity, el('span', { class: 'finding-count' })]),
    ) as Record<Severity, HTMLElement>;
    for (const severity of severities) this.#byseverity[severity].append(severityIcon(severity), el('span'));
    this.#counts.append(...Object.values(this.#byseverity));
    this.#toggle = el(
      'button',
      {
        class: 'flat findings-toggle',
        'aria-controls': 'findings',
        onclick: () => store.setLayout({ findings: !this.#isOpen }),
      },
      el('span', { class: 'chevron', 'aria-hidden': 'true' }),
      el('span', { class: 'findings-title' }, 'Findings'),
      this.#counts,
      this.#spoken,
      this.#worst,
    );
    this.#dismissed = el('button', {
      class: 'flat muted',
      onclick: () => {
        this.#showsDismissed = !this.#showsDismissed;
        this.#update();
      },
    });
    const head = el('div', { class: 'findings-head' }, this.#toggle, this.#dismissed);
    this.element = el('section', { class: 'findings', 'aria-label': 'Findings' }, head, this.#list);
    this.element.hidden = true;
    store.subscribe((changes) => {
      if (changes.has('layout') || changes.has('head')) this.#watch();
    });
  }

  /** `definitions`: of the charts that there are. */
  show(definitions: readonly ChartDefinition[]): void {
    this.#definitions = definitions;
    this.#update();
  }

  /** Nobody looks for what nobody sees. */
  #watch(): void {
    const { main, layout } = this.#store;
    const watch = main !== undefined && layout.tab === 'overview';
    if (watch === this.#watches) return;
    this.#watches = watch;
    host.postMessage({ type: 'watchFindings', watch });
  }

  get #isOpen(): boolean {
    return this.#store.layout.findings ?? this.#open ?? true;
  }

  #update(): void {
    const { main, findings, dismissedFindings } = this.#store;
    if (!main) return;
    const all = findings.map((found) => this.#item(found, dismissedFindings.has(found.key)));
    const shown = all.filter(({ dismissed }) => !dismissed);
    const hasFocus = this.element.contains(document.activeElement);
    this.element.hidden = all.length === 0;
    if (shown.length > 0) this.#open ??= shown.length <= LONG;
    this.#showHead(shown, all.length - shown.length);
    this.#list.hidden = !this.#isOpen;
    this.#rows.show(this.#showsDismissed ? all : shown);
    // A row that is gone has taken the focus along.
    if (hasFocus && !this.element.contains(document.activeElement)) this.#toggle.focus({ preventScroll: true });
  }

  #item(found: KeyedFinding, dismissed: boolean): FindingItem {
    const charts = chartsOf(metricsOf(found.finding), this.#definitions);
    return { ...found, charts, dismissed, remedy: shownRemedy(found.finding, this.#store.main!.head) };
  }

  #showHead(shown: readonly FindingItem[], dismissed: number): void {
    const counts: Record<Severity, number> = { error: 0, warning: 0, information: 0 };
    for (const { finding } of shown) counts[finding.severity] += 1;
    for (const severity of Object.keys(counts) as Severity[]) {
      const count = this.#byseverity[severity];
      count.hidden = counts[severity] === 0;
      setText(count.lastElementChild!, String(counts[severity]));
    }
    setText(this.#spoken, countsText(counts));
    setText(this.#worst, this.#isOpen ? '' : (shown[0]?.finding.title ?? ''));
    this.#toggle.setAttribute('aria-expanded', String(this.#isOpen));
    this.#dismissed.hidden = dismissed === 0;
    setText(this.#dismissed, this.#showsDismissed ? 'Hide dismissed' : `${dismissed} dismissed`);
  }

  /** The step nearest to it that has completions; the tab has the focus then, as the link is out of sight. */
  #openStep(step: number, example: ExampleRow | undefined): void {
    const nearest = this.#store.nearestRollouts(step);
    if (nearest === undefined) return;
    const hit = example && nearest === example.step ? example : null;
    this.#store.setLayout({
      ...{ tab: 'rollouts', rollouts: 'recorded', scope: 'step', groupView: 'completions' },
      ...{ step: nearest, group: hit?.group ?? null, hit },
    });
    document.getElementById('tab-rollouts')?.focus();
  }
}
