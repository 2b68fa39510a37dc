import { type ConfigEdit, setWords } from '../../protocol/remedy.ts';

/** `Set maxCompletionLength to 256 and Restart` */
export const restartLabel = (edit: ConfigEdit): string => `${setWords(edit).replaceAll('"', '')} and Restart`;
