import { el, setText } from '../dom.ts';
import { KeyedList, type Row } from '../keyed-list.ts';
import { explain } from '../term.ts';
import type { PlottedRun } from './curves.ts';
import { type Band, bandId, type ChartDefinition, type SeriesDefinition } from './definitions.ts';
import { overlaidSeries, type PlotSettings, withoutHidden } from './plot-series.ts';
import { xText } from './x-axis.ts';

/** Whose legend it is: what is drawn, and how its values are written. */
interface LegendSource {
  readonly definition: ChartDefinition;
  format(value: number, series: SeriesDefinition): string;
}

interface Entry {
  id: string;
  button: HTMLElement;
  swatch: HTMLElement;
  value: HTMLElement;
  color: number;
  /** The text at a row. */
  at(run: PlottedRun, row: number): string;
}

interface Overlay {
  run: PlottedRun;
  color: string;
  text: string;
}

/** What each curve is at the cursor, of every run that is drawn, or what it came to last; a click on one shows or hides it. */
export class Legend {
  readonly element = el('div', { class: 'readout' });
  readonly #source: LegendSource;
  readonly #entries: Entry[] = [];
  readonly #at = el('span', { class: 'at' });
  readonly #change = el('span', { class: 'change' });
  readonly #others = el('div', { class: 'overlay-values' });
  readonly #overlays = new KeyedList<Overlay>(this.#others, ({ run }) => run.folder, overlay);

  constructor(source: LegendSource, onToggle: (id: string) => void) {
    this.#source = source;
    this.element.append(this.#at);
    for (const series of source.definition.series) {
      const { id, label, style = 'line', color, band } = series;
      const value = (run: PlottedRun, row: number) => this.#latest(series, run, row);
      const entry = this.#entry({ id, label, look: style, color, at: value }, onToggle);
      if (series.term) explain(entry, series.term);
      if (!band) continue;
      const edges = (run: PlottedRun, row: number) => this.#edges(series, band, run, row);
      explain(
        this.#entry({ id: bandId(series), label: band.label, look: 'band', color, at: edges }, onToggle),
        band.term,
      );
    }
    this.element.append(this.#change, this.#others);
  }

  /** At a place on the x axis; null: the newest of each run. `stage`: the name of the one that is there; `change`: what changed there. */
  show(
    { runs, axis, hidden, theme }: PlotSettings,
    place: number | null,
    { stage, change }: { stage: string | undefined; change: string | undefined },
  ): void {
    const [main, ...others] = runs;
    const rowOf = ({ curves }: PlottedRun): number => {
      const { length } = curves.columns;
      if (place === null) return length - 1;
      // A run that has ended before is nowhere near.
      return length > 0 && place > curves.lastX(axis) ? -1 : curves.rowAt(axis, place);
    };
    const { curves } = main!;
    const row = place === null ? curves.columns.length - 1 : curves.rowAt(axis, place);
    const x = row < 0 ? 0 : curves.x(axis)[row]!;
    const step = xText('step', row < 0 ? 0 : curves.columns.steps[row]!);
    setText(
      this.#at,
      [step, axis === 'step' ? '' : xText(axis, x), stage ?? ''].filter((part) => part !== '').join(' · '),
    );
    setText(this.#change, change ?? '');
    this.#change.hidden = change === undefined;
    for (const { id, button, swatch, value, color, at } of this.#entries) {
      setText(value, row < 0 ? '–' : at(main!, row));
      swatch.style.setProperty('--color', theme.palette[color]!);
      button.setAttribute('aria-pressed', String(!hidden.has(id)));
    }
    const { stacked } = this.#source.definition;
    const drawn = overlaidSeries(this.#source.definition, hidden);
    // Of a stack, the upper edge is drawn.
    const drawnAt = (run: PlottedRun, at: number, series: SeriesDefinition) =>
      stacked
        ? this.#source.format(run.curves.at(withoutHidden(series.terms, hidden), at), series)
        : this.#latest(series, run, at);
    this.#others.hidden = others.length === 0 || drawn.length === 0;
    this.#overlays.show(
      others.map((run) => {
        const at = rowOf(run);
        const texts = drawn.map((series, i) => {
          const text = at < 0 ? '–' : drawnAt(run, at, series);
          return stacked ? `in all ${text}` : i === 0 ? text : `${series.label} ${text}`;
        });
        return { run, color: theme.palette[run.color]!, text: texts.join(' · ') };
      }),
    );
  }

  /** Of a series with few points, the one before, if there is none here, and of which step that is. */
  #latest(series: SeriesDefinition, { curves }: PlottedRun, row: number): string {
    const terms = series.shown ?? series.terms;
    let at = row;
    while (series.sparse && at > 0 && Number.isNaN(curves.at(terms, at))) at--;
    const value = curves.at(terms, at);
    const text = this.#source.format(value, series);
    return at === row || Number.isNaN(value) ? text : `${text} (step ${curves.columns.steps[at]})`;
  }

  /** Where a band ends below and above. */
  #edges(series: SeriesDefinition, { key, within }: Band, { curves }: PlottedRun, row: number): string {
    const edge = (weight: number) => curves.at([...series.terms, { key, weight }], row, within);
    const [low, high] = [edge(-1), edge(1)];
    return Number.isNaN(low) ? '–' : `${this.#source.format(low, series)} to ${this.#source.format(high, series)}`;
  }

  #entry(
    { id, label, look, color, at }: Pick<Entry, 'id' | 'color' | 'at'> & { label: string; look: string },
    onToggle: (id: string) => void,
  ): HTMLElement {
    const value = el('span', { class: 'value' }, '–');
    const swatch = el('span', { class: `swatch ${look}` });
    const button = el(
      'button',
      { class: 'series', 'aria-pressed': 'true', onclick: () => onToggle(id) },
      swatch,
      el('span', { class: 'label' }, label),
      value,
    );
    this.#entries.push({ id, button, swatch, value, color, at });
    this.element.append(button);
    return button;
  }
}

function overlay(): Row<Overlay> {
  const swatch = el('span', { class: 'swatch dashed' });
  const name = el('span', { class: 'label' });
  const value = el('span', { class: 'value' });
  const element = el('span', { class: 'overlay-value' }, swatch, name, value);
  const update = ({ run, color, text }: Overlay) => {
    swatch.style.setProperty('--color', color);
    setText(name, run.label);
    name.title = run.label;
    setText(value, text);
  };
  return { element, update };
}
