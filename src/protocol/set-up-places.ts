/** Where what the set-up commands install may be: environment variables that tell a process, and folders. */

/** The folder for all that is set up, instead of one among the user's data; in the editor the extension's storage. */
export const STORAGE_VARIABLE = 'GRPO_STORAGE';

/** A folder that has tfjs-node, before all others; in the editor the setting `grpo.tensorflowPath`. */
export const TENSORFLOW_VARIABLE = 'GRPO_TENSORFLOW';

/** The folder in the storage that has tfjs-node. */
export const TENSORFLOW_FOLDER = 'tensorflow';

/** Behind its name: the folder beside it where it is put together. */
export const PARTIAL = '.partial';

/** The Python environment in the storage that has TRL. */
export const TRL_FOLDER = 'trl';

/** The interpreter that is selected in the editor, where TRL may be as well. */
export const PYTHON_VARIABLE = 'GRPO_PYTHON';
