import type { PreviewProblem, PreviewResult } from '../../protocol/preview.ts';
import type { Event } from './emitter.ts';
import type { Subject } from './links.ts';

/** How reward functions do on a samples file. */
export interface ScoredSamples {
  readonly subject: Subject;
  /** The newest picture. The lines in it are those of the text that it is about: ask `rowLine` instead. */
  readonly result: PreviewResult | undefined;
  readonly problems: readonly PreviewProblem[];
  readonly running: boolean;
  /** Why there is no result: the preview process has ended. */
  readonly broken: string | undefined;
  /** Where a row of the result is now, from 0. */
  rowLine(index: number): number;
}

/** The reward previews of this window, for whoever shows samples. */
export interface SampleScores {
  /** Whether previews may run: turned on, and the workspace trusted. */
  readonly enabled: boolean;
  readonly onDidChange: Event<ScoredSamples>;
  /** Previews were switched on or off, or are about another file. */
  readonly onDidChangeCurrent: Event<void>;
  of(file: string): ScoredSamples | undefined;
}
