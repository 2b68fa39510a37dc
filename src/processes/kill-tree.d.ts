import { type ChildProcess } from 'node:child_process';
/**
 * Kills a process that leads a group of its own, and all it started; on Windows `taskkill` finds them. (Reward workers, in groups of their
 * own, end when whoever started them is gone.)
 */
export declare function killTree({ pid }: ChildProcess): void;
