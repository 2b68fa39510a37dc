/** Environment variables that tell a process where tfjs-node may be, for device "tensorflow". */

/** A folder that has tfjs-node, before all others; in the editor the setting `grpo.tensorflowPath`. */
export const PATH_VARIABLE = 'GRPO_TENSORFLOW';

/** The folder for what set-up puts on the disk, instead of one among the user's data; in the editor the extension's storage. */
export const STORAGE_VARIABLE = 'GRPO_STORAGE';
