import { ints, type NdArray } from '../../engine/tree.ts';

/** A completion that is still being written. */
export interface Row {
  /** Its place among all completions. */
  index: number;
  /** Its prompt's place among all prompts. */
  prompt: number;
}

/** Rows in slots of `width`; the rows of a slot share its prompt. Rows that are left over are `undefined`. */
export interface Slots {
  width: number;
  /** Each slot's prompt. */
  prompts: number[];
  /** Slot after slot. */
  rows: (Row | undefined)[];
}

/**
 * Wide slots read a prompt's keys and values less often, and keep fewer copies of them; narrow ones leave no row over. Two widths only: each is a
 * graph.
 */
export const WIDTHS: readonly number[] = [4, 1];

/** A slot with this many prompt tokens costs as much as one (possibly empty) row. */
const PROMPT_TOKENS_PER_ROW = 1000;

/** Packs rows, those of one prompt after another, into slots of the width that is cheapest for prompts of this length. */
export function packIntoSlots(rows: readonly Row[], promptLength: number, widths = WIDTHS): Slots {
  const cost = ({ rows, prompts }: Slots) => rows.length + (prompts.length * promptLength) / PROMPT_TOKENS_PER_ROW;
  return widths.map((width) => packIntoWidth(rows, width)).reduce((a, b) => (cost(b) < cost(a) ? b : a));
}

function packIntoWidth(rows: readonly Row[], width: number): Slots {
  const slots: Slots = { width, prompts: [], rows: [] };
  const fill = () => {
    while (slots.rows.length % width !== 0) slots.rows.push(undefined);
  };
  for (const row of rows) {
    if (slots.prompts.at(-1) !== row.prompt) fill();
    if (slots.rows.length % width === 0) slots.prompts.push(row.prompt);
    slots.rows.push(row);
  }
  fill();
  return slots;
}

/** The place of each slot's prompt, per key/value head, in caches that hold one after another: [slots · kvHeads]. */
export function promptPlaces({ prompts }: Slots, kvHeads: number): Int32Array {
  return Int32Array.from(prompts.flatMap((prompt) => headsOf(prompt, kvHeads)));
}

/**
 * Where to find the caches of rows that were in `before`: caches go by slot, then key/value head, then row, [slots · kvHeads · width]. Rows left
 * over take any.
 */
export function cachePlaces({ rows, width }: Slots, before: Slots, kvHeads: number): Int32Array {
  const earlier = new Map(before.rows.map((row, place) => [row?.index, place]));
  const places = new Int32Array(rows.length * kvHeads);
  rows.forEach((row, at) => {
    const from = (row && earlier.get(row.index)) ?? 0;
    for (let head = 0; head < kvHeads; head++)
      places[placeOf(at, head, width, kvHeads)] = placeOf(from, head, before.width, kvHeads);
  });
  return places;
}

/** Where to find the states of rows: in the order of the rows in `before`, or at first in that of the prompts. */
export function statePlaces({ rows }: Slots, before: Slots | undefined): number[] {
  const earlier = new Map(before?.rows.map((row, place) => [row?.index, place]));
  return rows.map((row) => (row && (before ? earlier.get(row.index) : row.prompt)) ?? 0);
}

const placeOf = (row: number, head: number, width: number, kvHeads: number): number =>
  (Math.floor(row / width) * kvHeads + head) * width + (row % width);

const headsOf = (prompt: number, kvHeads: number): number[] =>
  Array.from({ length: kvHeads }, (_, head) => prompt * kvHeads + head);

/** Whether every row has the place that it had. */
export const sameSlots = (a: Slots, b: Slots): boolean =>
  a.width === b.width &&
  a.rows.length === b.rows.length &&
  a.rows.every((row, place) => row?.index === b.rows[place]?.index);

/** Numbers of each slot: int32 [slots, each]. */
export const perSlot = (values: Int32Array | number[], each: number): NdArray => ({
  ...ints(values, [values.length / each, each]),
  open: ['slots'],
});
