import { fileURLToPath } from 'node:url';

/** The reward worker's bundle, which is in this one's folder. */
export const rewardWorker = fileURLToPath(new URL('./reward-worker.js', import.meta.url));
