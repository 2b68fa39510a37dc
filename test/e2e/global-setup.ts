import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  export interface ProvidedContext {
    /** The extensions folder that the package was installed into. */
    extensions: string;
  }
}

const root = join(import.meta.dirname, '../..');

/** Packages the extension, and installs the package as a user does. */
export default function setup({ provide }: TestProject): () => void {
  run('npm', ['run', 'package', '--silent'], root);
  const folder = mkdtempSync(join(tmpdir(), 'grpo-e2e-install-'));
  const vsix = readdirSync(join(root, 'dist')).find((name) =>
    name.endsWith(`-${process.platform}-${process.arch}.vsix`),
  );
  if (vsix === undefined) throw new Error('npm run package made no package for this platform');
  const extensions = join(folder, 'extensions');
  const codeServer = join(import.meta.dirname, 'node_modules/code-server/out/node/entry.js');
  const options = [
    '--extensions-dir',
    extensions,
    '--user-data-dir',
    join(folder, 'data'),
    '--config',
    join(folder, 'c'),
  ];
  run(process.execPath, [codeServer, ...options, '--install-extension', join(root, 'dist', vsix)], folder);
  provide('extensions', extensions);
  return () => rmSync(folder, { recursive: true, force: true });
}

function run(command: string, args: string[], cwd: string): void {
  const { status, stdout, stderr } = spawnSync(command, args, { cwd, encoding: 'utf8' });
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} failed:\n${stdout}${stderr}`);
}
