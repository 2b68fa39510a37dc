import { mean } from '../grpo/statistics.ts';
import type { ScoreTable } from '../protocol/rewards.ts';

/** The table of some of its completions, in the order of `rows`. What functions logged of all stays as it is; what they used up is not of some. */
export function tableOfRows({ columns, metrics, extra }: ScoreTable, rows: readonly number[]): ScoreTable {
  const all = columns[0]?.outcomes.length ?? 0;
  const pick = <T>(values: readonly T[]): T[] => rows.map((row) => values[row]!);
  return {
    columns: columns.map((column) => ({
      ...column,
      seconds: (column.seconds * rows.length) / Math.max(1, all),
      outcomes: pick(column.outcomes),
    })),
    metrics,
    // A column that has not a value for each completion does not say which one it is of.
    extra: Object.fromEntries(
      Object.entries(extra).flatMap(([name, values]) => (values.length === all ? [[name, pick(values)] as const] : [])),
    ),
  };
}

/** The tables of several rollouts, by the same functions, as one. What functions logged is averaged; what they used up, whoever had them scored adds up. */
export function joinTables(tables: readonly ScoreTable[]): ScoreTable {
  const logged = [...new Set(tables.flatMap(({ metrics }) => Object.keys(metrics)))];
  const extra = Object.keys(tables[0]!.extra).filter((name) => tables.every((table) => name in table.extra));
  return {
    columns: tables[0]!.columns.map((column, k) => ({
      ...column,
      seconds: tables.reduce((sum, { columns }) => sum + columns[k]!.seconds, 0),
      outcomes: tables.flatMap(({ columns }) => columns[k]!.outcomes),
    })),
    metrics: Object.fromEntries(
      logged.map((name) => [name, mean(tables.map(({ metrics }) => metrics[name] ?? null))!]),
    ),
    extra: Object.fromEntries(extra.map((name) => [name, tables.flatMap((table) => table.extra[name]!)])),
  };
}
