import { setImmediate } from 'node:timers/promises';
import { RUN_FILE } from '../files/open-file.ts';
import { readBlocksLater } from '../files/text-blocks.ts';
import { groupSignals, recordedStats } from '../grpo/signal.ts';
import type { Hit } from '../protocol/dashboard-rollouts.ts';
import { promptTitle } from '../protocol/message-text.ts';
import { type Found, hasSignal, passesFilters, type RolloutQuery, textFinder } from '../protocol/rollout-query.ts';
import type { RolloutRow } from '../protocol/run-folder.ts';
import { plainPart, searchPattern } from '../text/search-pattern.ts';
import { listSteps, rolloutsFile } from './rollouts.ts';

/** What is found of a run's rollouts at a time. */
export interface FoundRollouts<Item> {
  items: Item[];
  /** Files that are done, of all that are searched; of the former, those that could not be read. */
  searched: number;
  of: number;
  unreadable: number;
}

/** How long it computes before others of the process have their turn, in milliseconds. */
const TURN_MS = 8;
/** Characters of an excerpt before the hit, and in all. */
const BEFORE = 30;
const LONGEST = 160;

/**
 * Searches the rollouts of all of a run's steps, newest first, a file at a time, and says how far it is after each. It runs beside other work:
 * no more than a few milliseconds at a time. What is written of a file meanwhile may be missed.
 */
export function searchRollouts(
  run: string,
  query: RolloutQuery,
  signal: AbortSignal,
): AsyncGenerator<FoundRollouts<Hit>> {
  const { firstStep, lastStep } = query;
  const isIn = (step: number) => step >= (firstStep ?? 1) && step <= (lastStep ?? Infinity);
  const part = plainPart(query.text.trim());
  const may = part === '' ? () => true : tester(searchPattern(part));
  return throughSteps(run, isIn, signal, async (step, turn) => {
    const rows: Row[] = [];
    const all = query.signal !== 'any';
    await eachLine(rolloutsFile(run, step), may, all, turn, (line, row) =>
      rows.push({ ...(JSON.parse(line) as RolloutRow), row }),
    );
    return hitsAmong(rows, query, step);
  });
}

const tester = (pattern: RegExp) => (text: string) => pattern.test(text);

interface Row extends RolloutRow {
  /** Its place in the file. */
  row: number;
}

function hitsAmong(rows: readonly Row[], query: RolloutQuery, step: number): Hit[] {
  const finder = textFinder(query);
  const wanted = query.signal === 'any' ? undefined : groupsWith(rows, query);
  const told = new Set<number>();
  const equal = new Map<string, Hit>();
  return rows.flatMap((row) => {
    if ((wanted && !wanted.has(row.group)) || !passesFilters(row, query)) return [];
    const own = finder.own(row);
    if (own) {
      const key = JSON.stringify([row.group, row.completion, row.reward, row.error]);
      const same = equal.get(key);
      if (same) same.count++;
      else equal.set(key, hitOf(row, own, query.text, step));
      return same ? [] : [equal.get(key)!];
    }
    // What all of a group have is told once.
    const shared = told.has(row.group) ? undefined : finder.shared(row);
    if (!shared) return [];
    told.add(row.group);
    return [hitOf(row, shared, query.text, step)];
  });
}

function groupsWith(rows: readonly Row[], query: RolloutQuery): Set<number> {
  const byGroup = new Map<number, Row[]>();
  for (const row of rows) {
    const group = byGroup.get(row.group);
    if (group) group.push(row);
    else byGroup.set(row.group, [row]);
  }
  const groups = [...byGroup.values()];
  const inOrder = groups.flat();
  const signals = groupSignals(
    { rewards: inOrder.map(({ reward }) => reward), groups: groups.map((group) => recordedStats(group)) },
    inOrder.map(({ error, truncated }) => ({ failed: error !== null, truncated })),
  );
  return new Set(groups.flatMap(([first], i) => (hasSignal(query, signals[i]!) ? [first!.group] : [])));
}

function hitOf({ group, row, prompt, reward, truncated, error }: Row, found: Found, text: string, step: number): Hit {
  const at = text.trim() === '' ? 0 : Math.max(0, found.text.search(searchPattern(text)));
  const start = Math.max(0, at - BEFORE);
  const end = start + Math.max(LONGEST, at - start + text.length);
  const excerpt = `${start > 0 ? '…' : ''}${found.text.slice(start, end)}${end < found.text.length ? '…' : ''}`;
  const title = promptTitle(prompt).slice(0, LONGEST);
  const described = { step, group, row, count: 1, title, reward, truncated, failed: error !== null };
  return { ...described, in: found.in, excerpt: excerpt.replaceAll(/\s/g, ' ') };
}

/** Lets others have their turn when its own has taken long enough. */
export type Turn = () => Promise<void>;

/** Goes through the steps that have rollouts, newest first. */
export async function* throughSteps<Item>(
  run: string,
  isIn: (step: number) => boolean,
  signal: AbortSignal,
  read: (step: number, turn: Turn) => Promise<Item[]>,
): AsyncGenerator<FoundRollouts<Item>> {
  const steps = (await listSteps(run)).filter(isIn).toReversed();
  let since = performance.now();
  const turn = async () => {
    if (performance.now() - since > TURN_MS) await setImmediate();
    since = performance.now();
    signal.throwIfAborted();
  };
  let unreadable = 0;
  for (const [i, step] of steps.entries()) {
    await turn();
    const items = await read(step, turn).catch((): Item[] => {
      signal.throwIfAborted();
      unreadable++;
      return [];
    });
    yield { items, searched: i + 1, of: steps.length, unreadable };
  }
  if (steps.length === 0) yield { items: [], searched: 0, of: 0, unreadable };
}

/** The lines of a file that `may` be of interest, or `all`; `row` counts all of them. A torn last line is passed over. */
export async function eachLine(
  file: string,
  may: (text: string) => boolean,
  all: boolean,
  turn: Turn,
  take: (line: string, row: number) => void,
): Promise<void> {
  let row = 0;
  for await (const block of readBlocksLater(file, RUN_FILE)) {
    const isWhole = block.endsWith('\n');
    const lines = block.split('\n').filter((line) => line !== '');
    const any = all || may(block);
    for (const [i, line] of lines.entries()) {
      const place = row++;
      if (!any || !(all || may(line))) continue;
      try {
        take(line, place);
      } catch (error) {
        if (isWhole || i < lines.length - 1) throw error;
      }
      await turn();
    }
    await turn();
  }
}
