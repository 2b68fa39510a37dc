import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { installPackage } from './helpers/package.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    /** The extensions folder that the package was installed into. */
    extensions: string;
  }
}

export default function setup({ provide }: TestProject): () => void {
  const folder = mkdtempSync(join(tmpdir(), 'grpo-e2e-install-'));
  provide('extensions', installPackage(folder));
  return () => rmSync(folder, { recursive: true, force: true });
}
