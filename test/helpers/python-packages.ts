import { spawnSync } from 'node:child_process';

/** Set GRPO_TEST_PYTHON to an interpreter that has what test/references/requirements.txt says. */
export const PYTHON = process.env.GRPO_TEST_PYTHON ?? 'python3';

const LOOK = 'import sys; from importlib.util import find_spec; sys.exit(not all(map(find_spec, sys.argv[1:])))';

/** Whether Python has packages; where it lacks one, a line says what was not done therefore. Importing them would take ten seconds. */
export function hasPackages(names: string[], otherwise: string): boolean {
  const has = spawnSync(PYTHON, ['-c', LOOK, ...names]).status === 0;
  if (!has) console.log(`Skipped: ${PYTHON} lacks one of ${names.join(', ')}, so ${otherwise} (set GRPO_TEST_PYTHON).`);
  return has;
}
