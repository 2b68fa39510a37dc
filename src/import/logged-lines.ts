import { createHash } from 'node:crypto';
import { type JsonLine, parseJsonLines } from '../files/json-lines.ts';
import { RUN_FILE } from '../files/open-file.ts';
import { readText } from '../files/text.ts';
import { BadInput } from '../protocol/errors.ts';
import { fileState } from '../trl/trl-folder.ts';

/** What is kept of a file: a run may have thousands. */
export interface LoggedFile<Described> {
  digest: string;
  described: Described;
}

/**
 * Files of JSON Lines that another program writes, as far as they were read. The last line counts when its line feed is there; a line that cannot
 * be read is passed over.
 */
export class LoggedLines<Described> {
  /** Why lines or files could not be read. */
  problems: string[] = [];
  readonly #describe: (lines: JsonLine[], file: string) => Described;
  readonly #known = new Map<string, { state: string; problems: string[]; file: LoggedFile<Described> }>();

  /** `describe`: what is kept of a file's lines. It throws BadInput for a file that is none of the program's. */
  constructor(describe: (lines: JsonLine[], file: string) => Described) {
    this.#describe = describe;
  }

  /** By path, what is known of those that could be read; each is read again only when it has changed. */
  read(files: readonly string[]): ReadonlyMap<string, LoggedFile<Described>> {
    this.problems = [];
    const read = new Map<string, LoggedFile<Described>>();
    for (const file of files) {
      try {
        const { problems, file: found } = this.#readFile(file);
        this.problems.push(...problems);
        read.set(file, found);
      } catch (error) {
        if (!(error instanceof BadInput)) throw error;
        this.problems.push(error.message);
      }
    }
    return read;
  }

  #readFile(file: string) {
    const state = fileState(file);
    const known = this.#known.get(file);
    if (known?.state === state) return known;
    const text = wholeLines(file);
    const problems: string[] = [];
    const lines = parseJsonLines(text, file, (problem) => problems.push(problem.message));
    const digest = createHash('sha256').update(text).digest('hex');
    const found = { state, problems, file: { digest, described: this.#describe(lines, file) } };
    this.#known.set(file, found);
    return found;
  }
}

/** The lines of a file that are whole, without those that are no JSON. */
export const linesOf = (file: string): JsonLine[] => parseJsonLines(wholeLines(file), file, () => {});

function wholeLines(file: string): string {
  const text = readText(file, RUN_FILE);
  return text.slice(0, text.lastIndexOf('\n') + 1);
}
