/** A place in a document that moves along when text before it changes; both count from 0. */
export interface Mark {
  line: number;
  character: number;
}

/** A change as VS Code tells it: this range became this text. */
export interface Edit {
  range: { start: Mark; end: Mark };
  text: string;
}

const isBefore = (a: Mark, b: Mark): boolean => a.line < b.line || (a.line === b.line && a.character < b.character);

/** Where a mark is after an edit. Text that is typed right at the mark pushes it along; a mark that was replaced goes to the start. */
export function moved(mark: Mark, { range: { start, end }, text }: Edit): Mark {
  if (isBefore(mark, start)) return mark;
  if (isBefore(mark, end)) return start;
  const lines = text.split('\n');
  const line = mark.line - end.line + start.line + lines.length - 1;
  if (mark.line > end.line) return { line, character: mark.character };
  const before = lines.length === 1 ? start.character : 0;
  return { line, character: mark.character - end.character + before + lines.at(-1)!.length };
}

/** From the last to the first, so that none moves the range of another. */
export const lastFirst = (edits: readonly Edit[]): Edit[] =>
  edits.toSorted((a, b) => (isBefore(a.range.start, b.range.start) ? 1 : -1));

/** How many edits are remembered for results that are still on their way. */
const MOST_EDITS = 1000;

/** The last edits of all documents, so that a result about an older text can be shown in the newest one. */
export class EditLog {
  readonly #edits: { file: string; version: number; edit: Edit }[] = [];

  /** `version` is the document's after these edits, which go from the last to the first. */
  add(file: string, version: number, edits: readonly Edit[]): void {
    for (const edit of edits) this.#edits.push({ file, version, edit });
    this.#edits.splice(0, this.#edits.length - MOST_EDITS);
  }

  /** Where a place of the document's `version` is now. */
  now(file: string, version: number, mark: Mark): Mark {
    return this.#edits
      .filter((logged) => logged.file === file && logged.version > version)
      .reduce((place, { edit }) => moved(place, edit), mark);
  }
}
