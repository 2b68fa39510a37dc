import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { basename, join } from 'node:path';

const root = join(import.meta.dirname, '../../..');
const codeServer = join(import.meta.dirname, '../node_modules/code-server/out/node/entry.js');

/** Packages the extension as it was built, and installs the package as a user does; returns the extensions folder, which is in `folder`. */
export function installPackage(folder: string): string {
  run(process.execPath, ['scripts/run.mjs', 'scripts/package.ts'], root);
  const extensions = join(folder, 'extensions');
  installVsix(join(root, 'dist', `grpo-lab-${process.platform}-${process.arch}.vsix`), extensions, folder);
  return extensions;
}

/** Packages an extension of the tests, and installs it into an extensions folder, beside the others. `folder`: for what is in between. */
export function installBeside(extension: string, extensions: string, folder: string): void {
  const vsix = join(folder, `${basename(extension)}.vsix`);
  const vsce = createRequire(import.meta.url).resolve('@vscode/vsce/vsce');
  const options = ['--allow-missing-repository', '--skip-license', '--no-dependencies', '--out', vsix];
  run(process.execPath, [vsce, 'package', ...options], extension);
  installVsix(vsix, extensions, folder);
}

function installVsix(vsix: string, extensions: string, folder: string): void {
  const folders = [
    '--extensions-dir',
    extensions,
    '--user-data-dir',
    join(folder, 'data'),
    '--config',
    join(folder, 'c'),
  ];
  run(process.execPath, [codeServer, ...folders, '--install-extension', vsix], folder);
}

function run(command: string, args: string[], cwd: string): void {
  const { status, stdout, stderr } = spawnSync(command, args, { cwd, encoding: 'utf8' });
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} failed:\n${stdout}${stderr}`);
}
