import { inject } from 'vitest';
import type { RunningServer } from './code-server.ts';

/** What the files that run in one worker share, one after the other. */
export interface Shared {
  server: RunningServer;
  /** Where to connect to the browser. */
  browser: string;
}

/** Those of this worker. */
export function shared(): Shared {
  return inject('shared')[Number(process.env.VITEST_POOL_ID) - 1]!;
}
