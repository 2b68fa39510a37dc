const ADVICE = 'docs/models.md says how to get one; in VS Code, "GRPO: Get Model" helps with it.';

/** What is said of a run config whose model is not there; `missing` says which. */
export const missingModel = (missing: string): string => `${missing} ${ADVICE}`;

/** Whether that was said. */
export const isMissingModel = (sentence: string): boolean => sentence.endsWith(ADVICE);
