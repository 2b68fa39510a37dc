import { BadInput, type Problem, RunFailure } from '../../protocol/errors.ts';

/** An error on its way to another thread; copied as it is, it would lose its class. */
export type SentError =
  | { class: 'BadInput' | 'RunFailure'; problem: Problem }
  | { class: 'unforeseen'; message: string; stack: string | undefined };

export function sentError(error: unknown): SentError {
  if (error instanceof BadInput) return { class: 'BadInput', problem: error.problem };
  if (error instanceof RunFailure) return { class: 'RunFailure', problem: error.problem };
  if (error instanceof Error) return { class: 'unforeseen', message: error.message, stack: error.stack };
  return { class: 'unforeseen', message: String(error), stack: undefined };
}

export function receivedError(sent: SentError): Error {
  switch (sent.class) {
    case 'BadInput':
      return new BadInput(sent.problem.message, sent.problem.place, sent.problem);
    case 'RunFailure':
      return new RunFailure(sent.problem.message, sent.problem);
    case 'unforeseen': {
      const error = new Error(sent.message);
      if (sent.stack !== undefined) error.stack = sent.stack;
      return error;
    }
    default:
      return sent satisfies never;
  }
}
