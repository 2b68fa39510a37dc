/**
 * `npm run test:webgpu`: the WebGPU path without a GPU, on software Vulkan drivers. SwiftShader comes with the end-to-end tests' Chromium;
 * `*.limits.ts` test what it lacks. All others run on lavapipe where `npm run lavapipe` got it, which computes them five to ten times as
 * fast; without it those in float32 run on SwiftShader and those in float16 are skipped. With GRPO_TEST_GPU=1 the machine's own GPU runs
 * all but the limits. Arguments go to Vitest.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { chromiumFolder, install } from '../e2e/install.ts';
import { driverFile, lavapipeFolder, librariesOf } from './lavapipe-folder.ts';

const root = join(import.meta.dirname, '../..');

type Environment = NodeJS.ProcessEnv;

function vitest(config: string, env: Environment): void {
  const args = ['run', '--passWithNoTests', '--config', join(import.meta.dirname, config), ...process.argv.slice(2)];
  const { status } = spawnSync(process.execPath, [join(root, 'node_modules/vitest/vitest.mjs'), ...args], {
    cwd: root,
    stdio: 'inherit',
    env,
  });
  process.exitCode ||= status ?? 1;
}

/** The environment of a process that should see this Vulkan driver only: paths that it starts with, because a library looks for them. */
const withDriver = (icd: string, libraries: string[]): Environment => ({
  ...process.env,
  // The loader and the driver.
  LD_LIBRARY_PATH: [...libraries, process.env.LD_LIBRARY_PATH].filter(Boolean).join(':'),
  VK_DRIVER_FILES: icd,
  VK_ICD_FILENAMES: icd,
  // The loader complains without one.
  XDG_RUNTIME_DIR: process.env.XDG_RUNTIME_DIR ?? libraries[0],
});

/** Why a device cannot compute in this type; undefined: it can. */
function trouble(type: 'float32' | 'float16', env: Environment): string | undefined {
  const args = [join(root, 'dist/device-probe.js'), 'webgpu', '64', type];
  const { stdout } = spawnSync(process.execPath, args, { env, encoding: 'utf8' });
  return stdout.includes('"works":true') ? undefined : stdout || 'the driver ended the process that tried it';
}

function float16Tests(env: Environment): void {
  const reason = trouble('float16', env);
  if (reason === undefined) vitest('vitest.half.config.ts', env);
  else console.log(`The float16 tests are skipped: ${reason}.`);
}

/** Undefined, and a line says why, where it is not installed or does not work. */
function lavapipe(): Environment | undefined {
  const env = withDriver(driverFile, librariesOf(lavapipeFolder));
  const reason = existsSync(driverFile) ? trouble('float32', env) : '`npm run lavapipe` gets it (GRPO_TEST_LAVAPIPE)';
  if (reason === undefined) return env;
  console.log(`Without lavapipe the float16 tests are skipped, and the others take several times as long: ${reason}.`);
  return undefined;
}

if (process.env.GRPO_TEST_GPU) {
  vitest('vitest.config.ts', process.env);
  float16Tests(process.env);
} else if (process.platform !== 'linux' || process.arch !== 'x64')
  console.log(
    'The WebGPU tests need Linux on x64, for which npm has a software driver, or GRPO_TEST_GPU=1: skipped here.',
  );
else {
  await install();
  const swiftShader = withDriver(join(chromiumFolder, 'vk_swiftshader_icd.json'), [chromiumFolder]);
  vitest('vitest.limits.config.ts', swiftShader);
  const fast = lavapipe();
  vitest('vitest.config.ts', fast ?? swiftShader);
  if (fast) float16Tests(fast);
}
