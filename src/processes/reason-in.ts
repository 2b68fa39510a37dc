/** The line with an uncaught error's position ends in carets; what was thrown follows, and then the stack. */
const CARETS = /^\s*\^+\s*$/;
const NODE_VERSION = /^Node\.js v\d/;
const TRACEBACK = /^Traceback \(most recent call last\):/;
/** V8's own end: out of memory, say. */
const FATAL = /FATAL ERROR: \S.*/;

/**
 * The line of a process's last output that says why it ended. Our own commands write it last; Python and Node have it in the middle of what they
 * report of an uncaught error: below Python's traceback, above notes and further lines of a message; below the carets in Node's, above the stack,
 * the error's properties and Node's version.
 */
export function reasonIn(lastWords: string): string {
  const lines = lastWords.trim().split('\n');
  const last = lines.at(-1)!.trim();
  const fatal = FATAL.exec(lastWords);
  if (fatal) return fatal[0].trim();
  if (NODE_VERSION.test(last)) return thrownInNode(lines.slice(0, -1)) ?? last;
  const traceback = lines.findLastIndex((line) => TRACEBACK.test(line));
  const raised = traceback < 0 ? undefined : lines.slice(traceback + 1).find((line) => /^[^\s]/.test(line));
  return raised?.trim() ?? last;
}

/** Undefined when nothing is left of the report. */
function thrownInNode(report: string[]): string | undefined {
  const carets = report.findIndex((line) => CARETS.test(line));
  const stack = report.findIndex((line) => /^ {4}at /.test(line));
  const said = carets >= 0 ? report.slice(carets + 1) : report.slice(Math.max(stack - 1, 0));
  return said.find((line) => line.trim() !== '')?.trim();
}
