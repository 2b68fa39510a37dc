#!/usr/bin/env node
import { restartReturningMemory } from '../processes/freed-memory.ts';

/** Commands whose process trains. */
const TRAINING = ['train', 'check'];

// Before the rest is loaded, which would then be loaded twice.
if (TRAINING.includes(process.argv[2] ?? '')) restartReturningMemory();
// Stacks point into the sources rather than the bundle.
process.setSourceMapsEnabled(true);
await import('./run-command.ts');
