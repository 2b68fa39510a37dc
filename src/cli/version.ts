import { version } from '../../package.json';

/** The release of GRPO Lab that this is. */
export const VERSION: string = version;
