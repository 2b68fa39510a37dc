import { type Remedy, setWords } from '../../protocol/remedy.ts';

/** A change of a run config that makes a run worth its time. */
export type ConfigEdit = Extract<Remedy, { action: 'set' }>;

/** `Set maxCompletionLength to 256 and Restart` */
export const restartLabel = (edit: ConfigEdit): string => `${setWords(edit).replaceAll('"', '')} and Restart`;
