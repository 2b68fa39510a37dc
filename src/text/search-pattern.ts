/** What is searched for, as it is typed, in either case of its letters. */
export const searchPattern = (search: string, flags = 'i'): RegExp =>
  new RegExp(search.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'), flags);

/** The longest part of a text that every writer of JSON writes as it is: without it in a line, the text is not in there either. */
export function plainPart(text: string): string {
  const parts = text.match(/[ !#-[\]-~]+/g) ?? [];
  return parts.reduce((longest, part) => (part.length > longest.length ? part : longest), '');
}
