import { oneLine } from '../text/visible.ts';
import type { Remedy } from './remedy.ts';

/** A place in one of the user's files; lines and columns count from 1. */
export interface SourceLocation {
  file: string;
  line?: number | undefined;
  column?: number | undefined;
  /** Of a file that has rows but no lines, such as Parquet: which row, from 1. */
  row?: number | undefined;
  /** `file` is a folder, such as a model. */
  isFolder?: boolean | undefined;
  /** Of a run config, the field: `["rewards", 0, "weight"]`. */
  path?: (string | number)[] | undefined;
  /** The value comes from this option of the command line, `--set device=cpu`, and not from the file's text. */
  option?: string | undefined;
}

/** `file:line:column`, as terminals and editors recognize it; an option as it was given. */
export function formatLocation({ file, line, column, row, option }: SourceLocation): string {
  if (option !== undefined) return option;
  if (row !== undefined) return `${file}, row ${row}`;
  return [file, line, line === undefined ? undefined : column].filter((part) => part !== undefined).join(':');
}

/** Errors that have more than a sentence and a place: an editor shows the kind beside a diagnostic, and knows what its remedy is for. */
export const ERROR_KINDS = ['config-field', 'missing-model', 'no-prompt', 'reward-failed', 'diverged'] as const;
export type ErrorKind = (typeof ERROR_KINDS)[number];

/** An error as data, which is what crosses from one process to another: nobody has to take its sentence apart. */
export interface Problem {
  /** What people read, without the place of bad input, which a terminal puts in front of it. */
  message: string;
  /** What another program printed about it, for lines below. */
  output?: string | undefined;
  kind?: ErrorKind | undefined;
  place?: SourceLocation | undefined;
  remedy?: Remedy | undefined;
}

/** Something the user gave us is wrong (config, data, model, reward file): exit status 2, found before any training. */
export class BadInput extends Error {
  override name = 'BadInput';
  readonly problem: Problem;

  /**
   * `message` is one sentence that says what is wrong and how to fix it; the place is put in front of it. It may quote what a file
   * holds: control characters are escaped and long values cut here.
   */
  constructor(message: string, place?: SourceLocation, details: Pick<Problem, 'kind' | 'remedy'> = {}) {
    const kind = details.kind ?? (place?.path && 'config-field');
    const problem = { message: oneLine(message), kind, place, remedy: details.remedy };
    super(badInputText(problem));
    this.problem = problem;
  }
}

/** What a terminal shows of bad input. */
export const badInputText = ({ message, place }: Problem): string =>
  place ? `${oneLine(formatLocation(place))}: ${message}` : message;

/** A command was given wrong arguments; `usage` says what it takes, on lines of its own. */
export class BadUsage extends BadInput {
  readonly usage: string;

  constructor(message: string, usage: string) {
    super(message);
    this.usage = usage;
  }
}

/** A run that was well-formed failed while running (disk full, every reward failed): exit status 1. */
export class RunFailure extends Error {
  override name = 'RunFailure';
  readonly problem: Problem;

  /** `message` is the whole of what people read; the place, if one is given, is in it. */
  constructor(message: string, { cause, ...details }: Omit<Problem, 'message'> & ErrorOptions = {}) {
    const { output } = details;
    super(output === undefined ? message : `${message}\n\n${output}`, cause === undefined ? {} : { cause });
    this.problem = { ...details, message };
  }
}

/** Of an error that was foreseen. */
export const problemOf = (error: unknown): Problem | undefined =>
  error instanceof BadInput || error instanceof RunFailure ? error.problem : undefined;
