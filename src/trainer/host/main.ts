/**
 * The trainer's bundle, which two threads of one process run: the main thread speaks with the editor, and what trains is in another,
 * whose event loop stands still while a graph computes. (`grpo train` starts the latter from its own main thread.)
 */
import { isMainThread } from 'node:worker_threads';
import { restartReturningMemory } from '../../processes/freed-memory.ts';

// Stacks point into the sources rather than the bundle.
process.setSourceMapsEnabled(true);
if (isMainThread) restartReturningMemory();
// Each thread loads only what it needs: the engine is the other's.
await (isMainThread ? import('./hosted.ts') : import('./thread-main.ts'));
