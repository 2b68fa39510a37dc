import type { Readable } from 'node:stream';

/**
 * Calls `onLine` for every complete line of a stream. (Node's readline would also split at U+2028, which JSON may contain.)
 * A line of more than `limit` characters is given to `onTooLong` instead, once; then the stream is no longer read.
 */
export function onLines(
  stream: Readable,
  onLine: (line: string) => void,
  { limit = Number.POSITIVE_INFINITY, onTooLong = () => {} } = {},
): void {
  let parts: string[] = [];
  let length = 0;
  stream.setEncoding('utf8');
  stream.on('data', (chunk: string) => {
    const [first, ...rest] = chunk.split('\n') as [string, ...string[]];
    parts.push(first);
    length += first.length;
    for (const next of rest) {
      const line = parts.join('');
      parts = [next];
      length = next.length;
      onLine(line);
    }
    if (length > limit) {
      stream.destroy();
      onTooLong();
    }
  });
}
