import type { Interpreters } from '../workspace/interpreter.ts';
import type { Audits } from './audits.ts';
import type { Previews } from './previews.ts';
import type { Subjects } from './subjects.ts';

/** What commands and tests work with. */
export interface PreviewParts {
  readonly subjects: Subjects;
  readonly previews: Previews;
  readonly audits: Audits;
  readonly interpreters: Interpreters;
}
