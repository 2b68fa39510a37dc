import { BadInput, RunFailure, type SourceLocation } from '../../protocol/errors.ts';

/** An error on its way to another thread; copied as it is, it would lose its class. */
export type SentError =
  | { kind: 'BadInput'; sentence: string; location: SourceLocation | undefined }
  | { kind: 'RunFailure'; message: string }
  | { kind: 'unforeseen'; message: string; stack: string | undefined };

export function sentError(error: unknown): SentError {
  if (error instanceof BadInput) return { kind: 'BadInput', sentence: error.sentence, location: error.location };
  if (error instanceof RunFailure) return { kind: 'RunFailure', message: error.message };
  if (error instanceof Error) return { kind: 'unforeseen', message: error.message, stack: error.stack };
  return { kind: 'unforeseen', message: String(error), stack: undefined };
}

export function receivedError(sent: SentError): Error {
  if (sent.kind === 'BadInput') return new BadInput(sent.sentence, sent.location);
  if (sent.kind === 'RunFailure') return new RunFailure(sent.message);
  const error = new Error(sent.message);
  if (sent.stack !== undefined) error.stack = sent.stack;
  return error;
}
