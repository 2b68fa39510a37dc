import { fileURLToPath } from 'node:url';

/** The reward worker's bundle, which lies beside this one. */
export const rewardWorker = fileURLToPath(new URL('./reward-worker.js', import.meta.url));
