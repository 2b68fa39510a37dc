import { oneLine } from '../text/visible.ts';

/** A place in one of the user's files; lines and columns count from 1. */
export interface SourceLocation {
  file: string;
  line?: number;
  column?: number;
}

/** `file:line:column`, as terminals and editors recognise it. */
export function formatLocation({ file, line, column }: SourceLocation): string {
  return [file, line, line === undefined ? undefined : column].filter((part) => part !== undefined).join(':');
}

/** Something the user gave us is wrong (config, data, model, reward file): exit status 2, found before any training. */
export class BadInput extends Error {
  override name = 'BadInput';
  readonly location: SourceLocation | undefined;
  /** The message without its location. */
  readonly sentence: string;

  /**
   * `message` is one sentence that says what is wrong and how to fix it; the location is put in front of it. It may quote what a file
   * holds: control characters are escaped and long values cut here.
   */
  constructor(message: string, location?: SourceLocation) {
    const sentence = oneLine(message);
    super(location ? `${oneLine(formatLocation(location))}: ${sentence}` : sentence);
    this.location = location;
    this.sentence = sentence;
  }
}

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
}
