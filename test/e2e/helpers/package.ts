import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

const root = join(import.meta.dirname, '../../..');
const codeServer = join(import.meta.dirname, '../node_modules/code-server/out/node/entry.js');

/** Packages the extension as it was built, and installs the package as a user does; returns the extensions folder, which is in `folder`. */
export function installPackage(folder: string): string {
  run(process.execPath, ['scripts/run.mjs', 'scripts/package.ts'], root);
  const vsix = join(root, 'dist', `grpo-lab-${process.platform}-${process.arch}.vsix`);
  const extensions = join(folder, 'extensions');
  const options = [
    '--extensions-dir',
    extensions,
    '--user-data-dir',
    join(folder, 'data'),
    '--config',
    join(folder, 'c'),
  ];
  run(process.execPath, [codeServer, ...options, '--install-extension', vsix], folder);
  return extensions;
}

function run(command: string, args: string[], cwd: string): void {
  const { status, stdout, stderr } = spawnSync(command, args, { cwd, encoding: 'utf8' });
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} failed:\n${stdout}${stderr}`);
}
