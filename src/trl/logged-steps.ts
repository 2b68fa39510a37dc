import { createHash } from 'node:crypto';
import { BadInput } from '../protocol/errors.ts';
import { type LoggedCompletion, readCompletionsFile } from './completions-file.ts';
import { greatestDivisor, groupSize } from './recorded-steps.ts';
import { fileState, type TrlFolder } from './trl-folder.ts';

/** What is kept of a file of completions: a run may have thousands. */
export interface LoggedStep {
  step: number;
  file: string;
  /** Of its content: a step with the same completions as the one before trained on them again. */
  digest: string;
  count: number;
  groupSize: number;
  columns: string[];
  /** Those of numbers. */
  scores: string[];
}

/** The files of completions as far as they were read; each is read again only when it has changed. */
export class LoggedSteps {
  /** Those that are no copies of the one before, in ascending order. */
  all: LoggedStep[] = [];
  /** Why files could not be read: TRL may just be writing them. */
  problems: string[] = [];
  readonly #known = new Map<string, { state: string; step: LoggedStep }>();
  #fresh = new Map<string, LoggedCompletion[]>();

  async refresh(files: TrlFolder['completions']): Promise<void> {
    this.#fresh = new Map();
    this.problems = [];
    for (const { step, file } of files) {
      const state = fileState(file);
      if (this.#known.get(file)?.state === state) continue;
      try {
        const completions = await readCompletionsFile(file);
        this.#fresh.set(file, completions);
        this.#known.set(file, { state, step: described(step, file, completions) });
      } catch (error) {
        if (!(error instanceof BadInput)) throw error;
        this.problems.push(error.message);
      }
    }
    const read = files.flatMap(({ file }) => this.#known.get(file)?.step ?? []);
    this.all = read.filter(({ digest }, index) => digest !== read[index - 1]?.digest);
  }

  async completionsOf({ file }: LoggedStep): Promise<LoggedCompletion[]> {
    return this.#fresh.get(file) ?? readCompletionsFile(file);
  }

  /** Completions per prompt, as far as equal prompts tell. */
  get groupSize(): number {
    return this.all.map((step) => step.groupSize).reduce(greatestDivisor, 0) || 1;
  }
}

function described(step: number, file: string, completions: readonly LoggedCompletion[]): LoggedStep {
  const columns = Object.keys(completions[0]?.others ?? {});
  const isScore = (value: unknown) => typeof value === 'number' || value === null;
  return {
    ...{ step, file, columns, count: completions.length, groupSize: groupSize(completions) },
    digest: createHash('sha256').update(JSON.stringify(completions)).digest('hex'),
    scores: columns.filter((name) => completions.every(({ others }) => isScore(others[name]))),
  };
}
