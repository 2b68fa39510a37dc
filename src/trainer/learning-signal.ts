import type { Finding } from '../protocol/finding.ts';
import type { MetricsRow } from '../protocol/run-folder.ts';

/** Watches whether a run can learn: that a group of any of its steps has a learning signal. */
export class LearningSignal {
  #seen: boolean;
  #cause: Finding | undefined;

  /** `before`: the rows of the steps that the run has taken already. */
  constructor(before: readonly MetricsRow[]) {
    // A run of an earlier release may not say.
    this.#seen = before.some(({ step, 'groups/signal': share }) => step > 0 && share !== 0);
  }

  /** Takes what a step's completions show, which is only asked for until there is a signal; gives why there is none in this step. */
  take(findings: () => readonly Finding[]): Finding | undefined {
    if (this.#seen) return undefined;
    this.#cause = findings().find(({ severity }) => severity === 'error');
    this.#seen = this.#cause === undefined;
    return this.#cause;
  }

  /** Why nothing was learned from all steps; undefined where something may have been. */
  get nothingLearned(): Finding | undefined {
    const cause = this.#cause;
    if (this.#seen || !cause) return undefined;
    const last = `In the last step, ${continued(cause.evidence)}`;
    const evidence = `Nothing was learned: no group of any step had a learning signal. ${last}`;
    return { ...cause, kind: 'nothing-learned', evidence };
  }
}

/** Why the first step teaches nothing, to be asked about before it is trained on. */
export const firstStepWords = ({ evidence }: Finding): string =>
  `Nothing can be learned from the first step: ${continued(evidence)}`;

/** A sentence after a colon or a comma. */
const continued = (sentence: string): string => sentence.charAt(0).toLowerCase() + sentence.slice(1);
