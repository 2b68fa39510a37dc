/** Folders with packages of others, what runs have copied, and what tools keep. */
const NOT_OURS = ['node_modules', '.grpo', '.git', '.venv', '__pycache__'];

export const EXCLUDED = `**/{${NOT_OURS.join(',')}}/**`;

/** Whether a file is in one of the folders in which nobody looks for files of the user's. */
export const isExcluded = (file: string): boolean =>
  file
    .split(/[\\/]/)
    .slice(0, -1)
    .some((part) => NOT_OURS.includes(part));
