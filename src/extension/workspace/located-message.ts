/** A sentence of ours with the place it is about; lines and columns count from 1. */
export interface LocatedMessage {
  message: string;
  file?: string;
  line?: number;
  column?: number;
}

/** Takes `/path/sort.grpo.json:3:5: Unknown field ...` apart, as BadInput puts it together; only absolute paths are taken for one. */
export function parseLocated(text: string): LocatedMessage {
  const match = /^((?:[A-Za-z]:[\\/]|\/|\\\\)[^\n]*?\.\w+)(?::(\d+)(?::(\d+))?)?: (.+)$/s.exec(text);
  if (!match) return { message: text };
  const [, file, line, column, message] = match;
  return {
    message: message!,
    file: file!,
    ...(line !== undefined && { line: Number(line) }),
    ...(column !== undefined && { column: Number(column) }),
  };
}

/** The first such place anywhere in a text: what a paused run gives as its reason names one in the middle. */
export function findLocated(text: string): LocatedMessage | undefined {
  const start = text.search(/(?:[A-Za-z]:[\\/]|\/|\\\\)\S[^\n]*?\.\w+:\d+/);
  return start < 0 ? undefined : parseLocated(text.slice(start));
}
