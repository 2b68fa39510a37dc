import { availableParallelism } from 'node:os';

/** Two windows at a time: a test waits for VS Code more than it computes. More would make VS Code slower than tests wait for it. */
export const WORKERS = Math.min(2, availableParallelism());
