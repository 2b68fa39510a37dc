/** `npm run test:e2e`: the packaged extension in a real VS Code. Arguments go to Vitest. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { install } from './install.ts';

if (process.platform !== 'linux' || process.arch !== 'x64') {
  console.log('The end-to-end tests need Linux on x64, for which npm has a Chromium: left out here.');
} else {
  await install();
  const root = join(import.meta.dirname, '../..');
  const vitest = join(root, 'node_modules/vitest/vitest.mjs');
  const config = join(import.meta.dirname, 'vitest.config.ts');
  const { status } = spawnSync(process.execPath, [vitest, 'run', '--config', config, ...process.argv.slice(2)], {
    cwd: root,
    stdio: 'inherit',
  });
  process.exitCode = status ?? 1;
}
