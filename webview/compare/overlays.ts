import type { MetricColumns } from '../../src/protocol/metric-columns.ts';
import { type Combine, SeedColumns, sharedSteps } from '../../src/protocol/seed-columns.ts';
import type { ShownRun, Store } from '../store.ts';

/** A curve of a comparison: a run, or several that differ only in seed as their mean. */
export interface Overlay {
  /** A run's folder, or those of all its runs. */
  id: string;
  label: string;
  columns: MetricColumns;
  /** Palette index. */
  color: number;
  folders: readonly string[];
  /** The dashboard's own run, alone. */
  own?: true;
  /** The lowest and the highest of the seeds at each step. */
  band?: { low: MetricColumns; high: MetricColumns };
}

/** What is laid over the main run: the runs that were chosen, those of one seed set as one if the user wants that. */
export function overlays(store: Store): Overlay[] {
  const shown = shownRuns(store);
  const sets = store.layout.groupSeeds ? shownSeedSets(store) : [];
  const drawn = new Set<string>();
  return shown.slice(1).flatMap(({ head: { folder, name }, columns }): Overlay[] => {
    const set = sets.find((folders) => folders.includes(folder));
    if (!set) return [{ id: folder, label: name, columns, color: store.overlayColor(folder), folders: [folder] }];
    if (drawn.has(set.join())) return [];
    drawn.add(set.join());
    const runs = shown.filter(({ head }) => set.includes(head.folder));
    return [seedMean(runs, store.overlayColor(folder))];
  });
}

/** What the comparison draws: the main run too, unless a mean has it. */
export function comparedCurves(store: Store): Overlay[] {
  const { main } = store;
  if (!main) return [];
  const { folder, name } = main.head;
  const others = overlays(store);
  if (others.some(({ folders }) => folders.includes(folder))) return others;
  const own = {
    id: folder,
    label: name,
    columns: main.columns,
    color: 0,
    folders: [folder],
    own: true,
  } as const;
  return [own, ...others];
}

/** The main run and those that were chosen, as far as they have arrived. */
export const shownRuns = ({ main, compared }: Store): ShownRun[] => [...(main ? [main] : []), ...compared.values()];

/** Of each set of runs that differ only in seed, those that are shown, where there are several. */
export function shownSeedSets(store: Store): string[][] {
  const shown = new Set(shownRuns(store).map(({ head }) => head.folder));
  return store.seedSets.map((set) => set.filter((folder) => shown.has(folder))).filter((set) => set.length > 1);
}

interface SeedMean {
  runs: readonly MetricColumns[];
  lengths: readonly number[];
  columns: Record<Combine, MetricColumns>;
}
/** Those computed before, by the first run's columns: they are drawn again and again. */
const means = new WeakMap<MetricColumns, SeedMean>();

function seedMean(shown: readonly ShownRun[], color: number): Overlay {
  const runs = shown.map(({ columns }) => columns);
  let known = means.get(runs[0]!);
  if (
    !known ||
    runs.length !== known.runs.length ||
    runs.some((run, i) => run !== known!.runs[i] || run.length !== known!.lengths[i])
  ) {
    const steps = sharedSteps(runs);
    const columns = {
      mean: new SeedColumns(runs, 'mean', steps),
      lowest: new SeedColumns(runs, 'lowest', steps),
      highest: new SeedColumns(runs, 'highest', steps),
    };
    known = { runs, lengths: runs.map(({ length }) => length), columns };
    means.set(runs[0]!, known);
  }
  const { mean: columns, lowest: low, highest: high } = known.columns;
  const folders = shown.map(({ head }) => head.folder);
  // What names already say of the seed is not true of the mean.
  const label = `${shown[0]!.head.name.replace(/ · seed \S+/, '')} · mean of ${shown.length} seeds`;
  return { id: folders.join('\n'), label, columns, color, folders, band: { low, high } };
}
