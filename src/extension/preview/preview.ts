import type { PreviewFunction, PreviewProblem, PreviewResult } from '../../protocol/preview.ts';
import type { Subject } from '../workspace/links.ts';
import { type Edit, type Mark, moved } from './marks.ts';
import type { PreviewState, SentRequest } from './preview-state.ts';

type Place = Mark & { file: string };

/** How one subject's reward functions do on its samples, and where they are in the texts as they are now. */
export class Preview {
  subject: Subject;
  /** The newest picture. Its places are those of the text that it is about: ask `functionAt` and `rowLine` instead. */
  result: PreviewResult | undefined;
  /** What was wrong when functions were done last: halfway through nobody knows. */
  problems: readonly PreviewProblem[] = [];
  /** What is asked of the preview process. */
  state: PreviewState = { is: 'idle' };
  /** Each function's mean when all was saved last: an edit's changes are relative to it. */
  savedMeans: ReadonlyMap<string, number | null> = new Map();
  /** Why there is no result: the preview process has ended. */
  broken: string | undefined;
  #functions: Place[] = [];
  #rows: Place[] = [];

  constructor(subject: Subject) {
    this.subject = subject;
  }

  get running(): boolean {
    const { sent } = this.state;
    return sent !== undefined && !(this.result?.done && this.result.id >= sent.id);
  }

  /** A result of `request`, which may not be the last; `now` brings a place of the request's text into today's. */
  take(result: PreviewResult, request: SentRequest, now: (file: string, mark: Mark) => Mark): void {
    // What does not compile has no places of its own: functions and rows stay where they were.
    const keep = result.stale;
    if (!keep || result.functions.length !== this.#functions.length)
      this.#functions = result.functions.map(({ file, line, column }) => {
        return { file, ...now(file, { line: line - 1, character: column - 1 }) };
      });
    const samples = this.subject.samplesPlace;
    if (!keep || result.rows.length !== this.#rows.length)
      this.#rows = result.rows.map(({ line }) => ({
        file: samples,
        ...now(samples, { line: line - 1, character: 0 }),
      }));
    this.result = result;
    if (result.done) this.problems = result.problems;
    if (result.done && !result.stale && request.saved)
      this.savedMeans = new Map(result.functions.map(({ file, name, mean }) => [`${file}#${name}`, mean]));
    this.broken = undefined;
  }

  /** Follows an edit; those of one change must come from the last to the first. */
  edit(file: string, edit: Edit): void {
    const follow = (place: Place): Place => (place.file === file ? { file, ...moved(place, edit) } : place);
    this.#functions = this.#functions.map(follow);
    this.#rows = this.#rows.map(follow);
  }

  /** The functions of a file with the lines where they are now, from 0. */
  functionsIn(file: string): { described: PreviewFunction; line: number }[] {
    return (this.result?.functions ?? []).flatMap((described, i) =>
      described.file === file ? [{ described, line: this.#functions[i]!.line }] : [],
    );
  }

  /** Where a row of the result is now, from 0. */
  rowLine(index: number): number {
    return this.#rows[index]!.line;
  }

  /** The row on a line (from 0) of the samples file as it is now. */
  rowAt(line: number): number | undefined {
    const index = this.#rows.findIndex((row) => row.line === line);
    return index < 0 ? undefined : index;
  }
}
