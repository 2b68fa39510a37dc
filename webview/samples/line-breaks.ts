/**
 * What was made of a text in a text area, with the original's line breaks where it was left as it was: a text area turns each of them into a
 * line feed.
 */
export function withOriginalBreaks(original: string, edited: string): string {
  if (!original.includes('\r')) return edited;
  const units = original.match(/\r\n|[\s\S]/g) ?? [];
  const shown = units.map((unit) => (unit.startsWith('\r') ? '\n' : unit));
  let start = 0;
  while (start < shown.length && start < edited.length && shown[start] === edited[start]) start++;
  let end = 0;
  const most = Math.min(shown.length, edited.length) - start;
  while (end < most && shown[shown.length - 1 - end] === edited[edited.length - 1 - end]) end++;
  return [...units.slice(0, start), edited.slice(start, edited.length - end), ...units.slice(units.length - end)].join(
    '',
  );
}
