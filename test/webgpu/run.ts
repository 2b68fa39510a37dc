/**
 * `npm run test:webgpu`: the WebGPU path without a GPU, on the software Vulkan driver that comes with the end-to-end tests' Chromium, and
 * float16 on another one, if `npm run lavapipe` got it. With GRPO_TEST_GPU=1 both run on the machine's own GPU. Arguments go to Vitest.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { chromiumFolder, install } from '../e2e/install.ts';
import { driverFile, lavapipeFolder, librariesOf } from './lavapipe-folder.ts';

const root = join(import.meta.dirname, '../..');

function vitest(config: string, env: NodeJS.ProcessEnv): void {
  const args = ['run', '--passWithNoTests', '--config', join(import.meta.dirname, config), ...process.argv.slice(2)];
  const { status } = spawnSync(process.execPath, [join(root, 'node_modules/vitest/vitest.mjs'), ...args], {
    cwd: root,
    stdio: 'inherit',
    env,
  });
  process.exitCode ||= status ?? 1;
}

/** The environment of a process that is to see one Vulkan driver: paths that it starts with, because a library looks for them. */
const withDriver = (icd: string, libraries: string[]): NodeJS.ProcessEnv => ({
  ...process.env,
  // The loader and the driver.
  LD_LIBRARY_PATH: [...libraries, process.env.LD_LIBRARY_PATH].filter(Boolean).join(':'),
  VK_DRIVER_FILES: icd,
  VK_ICD_FILENAMES: icd,
  // The loader complains without one.
  XDG_RUNTIME_DIR: process.env.XDG_RUNTIME_DIR ?? libraries[0],
});

function halfTests(env: NodeJS.ProcessEnv): void {
  const probe = spawnSync(process.execPath, [join(root, 'dist/device-probe.js'), 'webgpu', '64', 'float16'], {
    env,
    encoding: 'utf8',
  });
  if (probe.stdout.includes('"works":true')) vitest('vitest.half.config.ts', env);
  else console.log(`The float16 tests are left out: ${probe.stdout || `the driver ended the process that tried it`}.`);
}

if (process.env.GRPO_TEST_GPU) {
  vitest('vitest.config.ts', process.env);
  halfTests(process.env);
} else if (process.platform !== 'linux' || process.arch !== 'x64')
  console.log(
    'The WebGPU tests need Linux on x64, for which npm has a software driver, or GRPO_TEST_GPU=1: left out here.',
  );
else {
  await install();
  vitest('vitest.config.ts', withDriver(join(chromiumFolder, 'vk_swiftshader_icd.json'), [chromiumFolder]));
  if (existsSync(driverFile)) halfTests(withDriver(driverFile, librariesOf(lavapipeFolder)));
  else
    console.log(
      'The float16 tests are left out: they want a driver that `npm run lavapipe` gets (GRPO_TEST_LAVAPIPE).',
    );
}
