/**
 * `npm run test:e2e`: the packaged extension in a real VS Code. Arguments go to Vitest.
 *
 * A file that fails is run a second time, as VS Code's own smoke tests are: its interface now and then loses a click or a key on a busy machine.
 * What passes only then is named at the end, so that nobody takes it for steady.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { install } from './install.ts';

/** What Vitest's JSON reporter writes, of it what is read here. */
interface Report {
  testResults: { name: string; status: 'passed' | 'failed' }[];
}

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
  process.exitCode = node('typescript/bin/tsc', '--noEmit', '-p', here) || testTwice(process.argv.slice(2));

  function testTwice(args: string[]): number {
    const folder = mkdtempSync(join(tmpdir(), 'grpo-e2e-report-'));
    try {
      const file = join(folder, 'report.json');
      const report = ['--reporter=default', '--reporter=json', `--outputFile.json=${file}`];
      const test = (...more: string[]) =>
        node('vitest/vitest.mjs', 'run', '--config', join(here, 'vitest.config.ts'), ...more);
      const status = test(...report, ...args);
      const failed = existsSync(file) ? failedFiles(file) : [];
      // Without a failed test, something else is wrong: processes that a server left, say.
      if (status === 0 || failed.length === 0) return status;
      console.log(`\nFailed, and run a second time: ${failed.join(', ')}.\n`);
      // One window at a time, in case the machine was too slow for two.
      const again = test('--maxWorkers=1', ...failed);
      if (again === 0) console.log(`\nUnsteady, as they passed only the second time: ${failed.join(', ')}.`);
      return again;
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }

  function failedFiles(file: string): string[] {
    const { testResults }: Report = JSON.parse(readFileSync(file, 'utf8'));
    return testResults.filter(({ status }) => status === 'failed').map(({ name }) => relative(here, name));
  }
}
