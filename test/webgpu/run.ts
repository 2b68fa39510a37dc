/**
 * `npm run test:webgpu`: the WebGPU path without a GPU, on the software Vulkan driver that comes with the end-to-end tests' Chromium. With
 * GRPO_TEST_GPU=1 it runs on the machine's own GPU. Arguments go to Vitest.
 */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { chromiumFolder, install } from '../e2e/install.ts';

const root = join(import.meta.dirname, '../..');
const vitest = (env: NodeJS.ProcessEnv): number => {
  const config = join(import.meta.dirname, 'vitest.config.ts');
  const args = [join(root, 'node_modules/vitest/vitest.mjs'), 'run', '--config', config, ...process.argv.slice(2)];
  return spawnSync(process.execPath, args, { cwd: root, stdio: 'inherit', env }).status ?? 1;
};

if (process.env.GRPO_TEST_GPU) process.exitCode = vitest(process.env);
else if (process.platform !== 'linux' || process.arch !== 'x64')
  console.log(
    'The WebGPU tests need Linux on x64, for which npm has a software driver, or GRPO_TEST_GPU=1: left out here.',
  );
else {
  await install();
  process.exitCode = vitest({
    ...process.env,
    // The loader and the driver; a path that the process starts with, because a library looks for them.
    LD_LIBRARY_PATH: [chromiumFolder, process.env.LD_LIBRARY_PATH].filter(Boolean).join(':'),
    VK_DRIVER_FILES: join(chromiumFolder, 'vk_swiftshader_icd.json'),
    VK_ICD_FILENAMES: join(chromiumFolder, 'vk_swiftshader_icd.json'),
    // The loader complains without one.
    XDG_RUNTIME_DIR: process.env.XDG_RUNTIME_DIR ?? chromiumFolder,
  });
}
