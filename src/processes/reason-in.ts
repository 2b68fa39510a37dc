/** The line with an uncaught error's position ends in carets; what was thrown follows. */
const CARETS = /^\s*\^+\s*$/;
const NODE_VERSION = /^Node\.js v\d/;
const STACK = /^ {4}at /;

/**
 * The line of a process's last output that says why it ended: the last one, as Python and our own commands write it. Node ends its report of an
 * uncaught error with the stack, the error's properties and its own version, so there it is the line below the carets, or above the stack.
 */
export function reasonIn(lastWords: string): string {
  const lines = lastWords.trim().split('\n');
  const last = lines.at(-1)!.trim();
  if (!NODE_VERSION.test(last)) return last;
  const report = lines.slice(0, -1);
  const caret = report.findLastIndex((line) => CARETS.test(line));
  const stack = report.findIndex((line, index) => index > caret && STACK.test(line));
  const said = caret >= 0 ? report.slice(caret + 1) : report.slice(Math.max(stack - 1, 0));
  return said.find((line) => line.trim() !== '')?.trim() ?? last;
}
