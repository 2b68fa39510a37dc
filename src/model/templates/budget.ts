import { TemplateError } from './errors.ts';

/** Evaluated nodes, and `CHARACTERS_PER_STEP` characters or one list item made count as a step: about a second's work. */
const MAX_STEPS = 4_000_000;
const CHARACTERS_PER_STEP = 48;
/** The longest text that a template may build, in UTF-16 units. */
const MAX_TEXT = 32_000_000;
/** Python gives up at about this many nested calls of macros. */
const MAX_DEPTH = 150;

// Rendering is synchronous, so that one meter for the thread is enough.
let steps = 0;
let depth = 0;

/** Starts to count: a template that never ends, or doubles a text in a loop, is stopped in time. */
export function resetBudget(): void {
  steps = 0;
  depth = 0;
}

export function spend(more: number): void {
  steps += more;
  if (steps > MAX_STEPS) throw new TemplateError('it takes too long to render; is there a loop without end?');
}

/** Counts a text that was made, or is about to be. */
export function spendText(length: number): void {
  checkLength(length);
  spend(length / CHARACTERS_PER_STEP);
}

export function checkLength(length: number): void {
  if (length > MAX_TEXT) throw new TemplateError(`it makes a text of more than ${MAX_TEXT / 1e6} million characters`);
}

export function made(text: string): string {
  spendText(text.length);
  return text;
}

/** Runs the body of a macro or of a recursive loop. */
export function nested<T>(body: () => T): T {
  if (depth >= MAX_DEPTH)
    throw new TemplateError('its macros call each other too deeply; is there a recursion without end?');
  depth++;
  try {
    return body();
  } finally {
    depth--;
  }
}
