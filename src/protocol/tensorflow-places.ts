/** Where tfjs-node may be, for device "tensorflow": environment variables that tell a process, and folders. */

/** A folder that has tfjs-node, before all others; in the editor the setting `grpo.tensorflowPath`. */
export const PATH_VARIABLE = 'GRPO_TENSORFLOW';

/** The folder for what set-up puts on the disk, instead of one among the user's data; in the editor the extension's storage. */
export const STORAGE_VARIABLE = 'GRPO_STORAGE';

/** The folder in there that is set up. */
export const FOLDER_NAME = 'tensorflow';

/** Behind its name: the folder beside it where it is put together. */
export const PARTIAL = '.partial';
