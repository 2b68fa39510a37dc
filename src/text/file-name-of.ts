/** Longest file name that is made from a text, in characters: with an ending it is within what file systems take. */
const LONGEST = 100;

/** A text, such as a run's name, as (part of) a file's name that every system takes: `sort · lr 1e-3` stays as it is, `a/b` does not. */
export function fileNameOf(text: string): string {
  const name = text
    .replaceAll(/[\\/:*?"<>|\p{Cc}]/gu, '-')
    .slice(0, LONGEST)
    .replace(/^[.\s]+|[.\s]+$/g, '');
  return name === '' ? 'run' : name;
}
