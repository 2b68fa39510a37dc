/** `npm run test:e2e`: the packaged extension in a real VS Code. Arguments go to Vitest. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { install } from './install.ts';

if (process.platform !== 'linux' || process.arch !== 'x64') {
  console.log('The end-to-end tests need Linux on x64, for which npm has a Chromium: skipped here.');
} else {
  await install();
  const root = join(import.meta.dirname, '../..');
  const node = (script: string, ...args: string[]): number =>
    spawnSync(process.execPath, [join(root, 'node_modules', script), ...args], { cwd: root, stdio: 'inherit' })
      .status ?? 1;
  const here = import.meta.dirname;
  // Only now are the packages there that its types come from.
  process.exitCode =
    node('typescript/bin/tsc', '--noEmit', '-p', here) ||
    node('vitest/vitest.mjs', 'run', '--config', join(here, 'vitest.config.ts'), ...process.argv.slice(2));
}
