import type { PreviewResult } from '../../src/protocol/preview.ts';

/**
 * Where a row of one result is in the next: a line above it may have come or gone. The same prompt and completion, nearest to where it was; else
 * the row at its place, as its completion may be what is edited. Undefined when there is none.
 */
export function followRow(
  index: number | undefined,
  before: PreviewResult | null | undefined,
  now: PreviewResult | null,
): number | undefined {
  const row = index === undefined ? undefined : before?.rows[index];
  if (index === undefined || !row || !before || before.subject !== now?.subject) return undefined;
  const promptOf = ({ groups }: PreviewResult, group: number) => JSON.stringify(groups[group]!.prompt);
  const prompt = promptOf(before, row.group);
  const same = now.rows.flatMap(({ completion, group }, at) =>
    completion === row.completion && promptOf(now, group) === prompt ? [at] : [],
  );
  const [nearest] = same.sort((a, b) => Math.abs(a - index) - Math.abs(b - index));
  return nearest ?? (now.rows[index] ? index : undefined);
}
