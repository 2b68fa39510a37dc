import type { Activity, HostMessage, RescoreView, RunHead, RunSummary } from '../src/protocol/dashboard.ts';
import type { Completion } from '../src/protocol/dashboard-completion.ts';
import type { KeyedFinding } from '../src/protocol/keyed-findings.ts';
import { MetricColumns } from '../src/protocol/metric-columns.ts';
import { type StageSpan, sampledFrom, sampledUpTo, stageSpans } from '../src/protocol/stage-spans.ts';
import { overlayColor, overlayColors } from './charts/overlay-color.ts';
import { host } from './host.ts';
import { type Layout, restoreLayout } from './layout.ts';
import { afterPress } from './press.ts';

export interface ShownRun {
  head: RunHead;
  columns: MetricColumns;
}

/** A step's completions as they came, or why there are none. */
export interface StepRollouts {
  step: number;
  rows: Completion[];
  problem: string | null;
}

/** What changed: views redraw only for what they show. */
export type Change =
  | 'head'
  | 'activity'
  | 'columns'
  | 'findings'
  | 'rollouts'
  | 'runs'
  | 'compared'
  | 'rescore'
  | 'layout';
type Listener = (changes: ReadonlySet<Change>) => void;

/** All that the dashboard shows. Changes within one frame reach the listeners together. */
export class Store {
  main: ShownRun | undefined;
  /** Before there is a run to show: its name, and why there will be none. */
  starting: Extract<HostMessage, { type: 'starting' }> | undefined;
  /** What this window's trainer is doing for the run. */
  activity: Activity | null = null;
  /** When that was said, on this page's clock, in milliseconds. */
  activityAt = 0;
  /** Runs laid over the main one, in the order in which they were chosen. */
  compared = new Map<string, ShownRun>();
  others: RunSummary[] = [];
  /** Folders of runs that differ in nothing but their seed, this one among them or not. */
  seedSets: string[][] = [];
  rollouts: StepRollouts | undefined;
  /** What the run shows, the worst first; those that were dismissed, too. */
  findings: readonly KeyedFinding[] = [];
  /** Recorded completions under the rewards as they are now, once someone has asked for that. */
  rescore: RescoreView | undefined;
  /** The newest step of them that was asked for. */
  rescored: Extract<HostMessage, { type: 'rescored' }> | undefined;
  layout: Layout = restoreLayout(host.getState());
  readonly #listeners: Listener[] = [];
  #changes = new Set<Change>();
  #scheduled = false;

  subscribe(listener: Listener): void {
    this.#listeners.push(listener);
  }

  setLayout(changes: Partial<Layout>): void {
    this.layout = { ...this.layout, ...changes };
    if (typeof changes.group === 'number') host.postMessage({ type: 'groupOpened' });
    this.#save();
    this.#changed('layout');
  }

  /** Remembers what no view shows differently for it, such as how far something is scrolled. */
  keep(changes: Partial<Layout>): void {
    this.layout = { ...this.layout, ...changes };
    this.#save();
  }

  /** What several views show; a tab's own messages are heard by that. */
  receive(message: HostMessage): void {
    switch (message.type) {
      case 'snapshot': {
        const columns = new MetricColumns();
        columns.append(message.columns);
        const run = { head: message.head, columns };
        if (message.main) {
          this.main = run;
          this.starting = undefined;
          this.rollouts = undefined;
          this.#save();
          this.#changed('head', 'columns', 'rollouts');
        } else if (this.layout.compared.includes(message.head.folder)) {
          const there = new Map(this.compared).set(message.head.folder, run);
          // In the order of choice, whichever came first: it decides the colours.
          this.compared = new Map(
            this.layout.compared.flatMap((folder) => {
              const other = there.get(folder);
              return other ? [[folder, other]] : [];
            }),
          );
          this.#changed('compared', 'columns');
        }
        return;
      }
      case 'append':
        this.#run(message.folder)?.columns.append(message.columns);
        this.#changed('columns');
        return;
      case 'head': {
        const run = this.#run(message.head.folder);
        if (run) run.head = message.head;
        this.#changed(run === this.main ? 'head' : 'compared');
        return;
      }
      case 'activity':
        this.activity = message.activity;
        this.activityAt = performance.now();
        this.#changed('activity');
        return;
      case 'starting':
        this.starting = message;
        this.#changed('head');
        return;
      case 'rollouts':
        this.rollouts = message;
        this.#changed('rollouts');
        return;
      case 'findings':
        this.findings = message.findings;
        this.#changed('findings');
        return;
      case 'rescore':
        this.rescore = message.view;
        this.#changed('rescore');
        return;
      case 'rescored':
        this.rescored = message;
        this.#changed('rescore');
        return;
      case 'show':
        if (message.view === 'rescore') this.setLayout({ tab: 'rollouts', rollouts: 'rescored', rescored: null });
        else this.setLayout({ tab: message.view, ...(message.step !== undefined && { checkpoint: message.step }) });
        if (message.folders) this.compare(message.folders);
        if (message.curves) this.setLayout({ compareView: 'curves', groupSeeds: true });
        return;
      case 'runs':
        this.others = message.runs;
        this.#changed('runs');
        return;
      case 'seedSets':
        this.seedSets = message.sets;
        this.#changed('runs', 'compared');
        return;
      default:
        // Of one tab alone.
        return;
    }
  }

  /** Lays exactly these runs over the main one. */
  compare(folders: string[]): void {
    for (const folder of this.compared.keys()) if (!folders.includes(folder)) this.compared.delete(folder);
    this.setLayout({ compared: folders, overlayColors: overlayColors(folders, this.layout.overlayColors) });
    this.#changed('compared', 'columns');
    host.postMessage({ type: 'compare', folders });
  }

  /** Of the main run; none without stages. */
  get stages(): StageSpan[] {
    return this.main ? stageSpans(this.main.head.config) : [];
  }

  /** Keys of findings that nobody wants to see. */
  get dismissedFindings(): ReadonlySet<string> {
    return new Set(this.main?.head.about?.dismissed);
  }

  get shownFindings(): KeyedFinding[] {
    const dismissed = this.dismissedFindings;
    return this.findings.filter(({ key }) => !dismissed.has(key));
  }

  /** The newest step whose completions can be read; 0: there is none yet. Supervised stages have none. */
  get newestRollouts(): number {
    const { main } = this;
    return main ? sampledUpTo(this.stages, Math.max(main.head.scored, main.columns.lastStep)) : 0;
  }

  /** The step nearest to this one whose completions can be read; `back`: not a later one, if there is one before. */
  nearestRollouts(step: number, back = false): number | undefined {
    const { columns } = this.main!;
    const newest = this.newestRollouts;
    if (newest === 0) return undefined;
    if (step >= newest) return newest;
    // The row of step 0 has no completions.
    const first = columns.indexOf(1);
    const nearest = first === columns.length ? newest : columns.steps[Math.max(first, columns.nearest(step))]!;
    const before = sampledUpTo(this.stages, nearest);
    return back && before > 0 ? before : Math.min(newest, sampledFrom(this.stages, nearest) ?? newest);
  }

  /** The palette index of an overlaid run, which it keeps while others come and go. */
  overlayColor(folder: string): number {
    const { overlayColors, compared } = this.layout;
    return overlayColor(overlayColors[folder] ?? compared.indexOf(folder));
  }

  #run(folder: string): ShownRun | undefined {
    return folder === this.main?.head.folder ? this.main : this.compared.get(folder);
  }

  /** The folder goes along: it is all that the host needs to bring the panel back after a window reload. */
  #save(): void {
    if (this.main) host.setState({ ...this.layout, folder: this.main.head.folder });
  }

  #changed(...changes: Change[]): void {
    for (const change of changes) this.#changes.add(change);
    if (this.#scheduled) return;
    this.#scheduled = true;
    requestAnimationFrame(() => {
      this.#scheduled = false;
      // What the user does shows at once, such as dragging a slider; data may not move what the pointer is down on.
      if (this.#changes.delete('layout')) this.#tell(new Set(['layout']));
      afterPress(this.#tellRest);
    });
  }

  readonly #tellRest = (): void => {
    const seen = this.#changes;
    this.#changes = new Set();
    if (seen.size > 0) this.#tell(seen);
  };

  #tell(changes: ReadonlySet<Change>): void {
    for (const listener of this.#listeners) listener(changes);
  }
}
