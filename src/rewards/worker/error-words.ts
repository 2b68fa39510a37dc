import { inspect, types } from 'node:util';

/** Causes of causes beyond these say nothing new. */
const MOST_CAUSES = 4;
/** Of errors that stand for several (`AggregateError`), the first ones. */
const MOST_ERRORS = 3;

/** Also one of another realm, as code that runs in `node:vm` throws it. */
export const isError = (value: unknown): value is Error => value instanceof Error || types.isNativeError(value);

/** What was thrown in words, with what it was caused by where that says more: `fetch failed` alone helps nobody. */
export function errorWords(thrown: unknown): string {
  if (!isError(thrown)) return `threw ${shown(thrown)}`;
  const [first, ...causes] = withCauses(thrown);
  return causes.reduce<string>((words, cause) => {
    const more = ownWords(cause);
    return words.includes(more) || (messageOf(cause) !== '' && words.includes(messageOf(cause)))
      ? words
      : `${words} (caused by ${more})`;
  }, ownWords(first));
}

/** An error and its causes, the outermost first. */
export function withCauses(error: Error): [Error, ...unknown[]] {
  const chain: [Error, ...unknown[]] = [error];
  while (chain.length <= MOST_CAUSES) {
    const { cause } = (chain.at(-1) ?? {}) as { cause?: unknown };
    if (cause === undefined || cause === null || chain.includes(cause)) break;
    chain.push(cause);
  }
  return chain;
}

/** Those that an error stands for. */
export const errorsIn = (error: unknown): unknown[] => {
  const { errors } = (error ?? {}) as { errors?: unknown };
  return Array.isArray(errors) ? errors : [];
};

function ownWords(error: unknown): string {
  if (!isError(error)) return shown(error);
  const message = messageOf(error);
  const { code } = error as NodeJS.ErrnoException;
  const parts = errorsIn(error).slice(0, MOST_ERRORS).map(messageOf);
  const details = [message, ...parts.filter((part) => part !== '' && !message.includes(part))]
    .filter(Boolean)
    .join('; ');
  const isNew = typeof code === 'string' && !`${error.name}${details}`.includes(code);
  return `${error.name}${details && `: ${details}`}${isNew ? ` [${code}]` : ''}`;
}

const messageOf = (error: unknown): string => (isError(error) ? String(error.message) : shown(error));

/** A value on one line. */
export const shown = (value: unknown): string =>
  inspect(value, { depth: 1, breakLength: Number.POSITIVE_INFINITY }).slice(0, 100);
