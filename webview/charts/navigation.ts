import type { Store } from '../store.ts';
import type { Curves } from './curves.ts';
import type { XAxis } from './x-axis.ts';

/** What a key means for the charts: the row that the cursor goes to, the place whose step opens, or that the axis has moved. */
export type Move = { row: number } | { choose: number } | 'axis';

/** The one x axis of all charts: what there is, what is shown of it, and how that is moved. Places are in its unit. */
export class Navigation {
  readonly #store: Store;
  readonly #curvesOf: (columns: Curves['columns']) => Curves;
  #axis: XAxis;

  constructor(store: Store, curvesOf: (columns: Curves['columns']) => Curves) {
    this.#store = store;
    this.#curvesOf = curvesOf;
    this.#axis = store.layout.axis;
  }

  get curves(): Curves {
    return this.#curvesOf(this.#store.main!.columns);
  }

  /** What is shown. */
  get range(): [number, number] {
    return this.#store.layout.range ?? this.#whole;
  }

  /** Of all the runs that are drawn. */
  get #whole(): [number, number] {
    const { main, compared, layout } = this.#store;
    const shown = [main!, ...compared.values()].map(({ columns }) => this.#curvesOf(columns));
    const last = Math.max(...shown.map((curves) => curves.lastX(layout.axis)));
    if (layout.axis !== 'step') return [0, last || 1];
    // Step 0 exists when held-out prompts were evaluated before the first step.
    const evaluated = shown.some(({ columns }) => columns.length > 0 && columns.steps[0] === 0);
    return [evaluated ? 0 : 1, Math.max(2, last)];
  }

  /** Where a step of the main run is. */
  placeOf(step: number): number {
    const { curves } = this;
    const { axis } = this.#store.layout;
    // The one that is being trained has no row yet.
    return axis === 'step'
      ? step
      : (curves.x(axis)[Math.min(curves.columns.indexOf(step), curves.columns.length - 1)] ?? 0);
  }

  stepAt(x: number): number {
    const { curves } = this;
    const { axis } = this.#store.layout;
    return axis === 'step' ? x : (curves.columns.steps[curves.rowAt(axis, x)] ?? 0);
  }

  /** After another axis was chosen: what was shown stays in sight. True when it was. */
  changeAxis(): boolean {
    const { axis, range } = this.#store.layout;
    const before = this.#axis;
    this.#axis = axis;
    if (axis === before) return false;
    if (range) {
      const { curves } = this;
      const [from, to] = range.map((x) => curves.x(axis)[curves.rowAt(before, x)] ?? 0) as [number, number];
      this.zoom([from, to]);
    }
    return true;
  }

  /** Nothing that does not exist. At least two steps, whole ones; on another axis at least a ten-thousandth of it. */
  zoom([from, to]: [number, number]): void {
    const [first, last] = this.#whole;
    const inSteps = this.#store.layout.axis === 'step';
    const least = inSteps ? 2 : (last - first) / 10_000;
    const start = Math.max(first, inSteps ? Math.floor(from) : from);
    const end = Math.min(last, Math.max(inSteps ? Math.ceil(to) : to, start + least));
    const shown: [number, number] = [Math.min(start, end - least / 2), end];
    this.#store.setLayout({ range: start === first && end === last ? null : shown });
  }

  pan(distance: number): void {
    const [from, to] = this.range;
    const [first, last] = this.#whole;
    const within = Math.max(first - from, Math.min(last - to, distance));
    const by = this.#store.layout.axis === 'step' ? Math.round(within) : within;
    if (by !== 0) this.zoom([from + by, to + by]);
  }

  /** Undefined for other keys. */
  onKey(event: KeyboardEvent, cursor: number | null): Move | undefined {
    const { curves } = this;
    const { length } = curves.columns;
    if (length === 0 || event.ctrlKey || event.metaKey || event.altKey) return undefined;
    const { axis } = this.#store.layout;
    const [from, to] = this.range;
    const [first, end] = curves.rowsWithin(axis, [from, to]);
    const row = cursor === null ? length - 1 : curves.rowAt(axis, cursor);
    const stride = event.shiftKey ? Math.max(1, Math.round((end - first) / 20)) : 1;
    const center = curves.x(axis)[row]!;
    const moved = (target: number): Move => ({ row: Math.min(length - 1, Math.max(0, target)) });
    switch (event.key) {
      case 'ArrowLeft':
        return moved(row - stride);
      case 'ArrowRight':
        return moved(row + stride);
      case 'Home':
        return moved(first);
      case 'End':
        return moved(end - 1);
      case '+':
      case '=':
        this.zoom([center - (center - from) / 2, center + (to - center) / 2]);
        return 'axis';
      case '-':
        this.zoom([from - (to - from) / 2, to + (to - from) / 2]);
        return 'axis';
      case 'PageUp':
        this.pan(-(to - from) / 2);
        return 'axis';
      case 'PageDown':
        this.pan((to - from) / 2);
        return 'axis';
      case '0':
        this.#store.setLayout({ range: null });
        return 'axis';
      case 'Enter':
      case ' ':
        return { choose: center };
      default:
        return undefined;
    }
  }
}
