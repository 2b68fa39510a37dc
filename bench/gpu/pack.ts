import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { BadInput } from '../../src/protocol/errors.ts';

/** Uses the pack's own Node and packages. */
const RUN = `#!/bin/sh
# Unpack, then: ./run.sh [options of npm run bench -- gpu]. It needs a Vulkan driver, and for the peer a python3 with torch.
here=$(cd "$(dirname "$0")" && pwd)
export LD_LIBRARY_PATH="$here:$LD_LIBRARY_PATH" GRPO_GPU_BENCH_PEER="$here/peer.py"
exec "$here/node" "$here/bench.mjs" "$@"
`;

/** Writes an archive (.tar.xz) that has all of this bench but the GPU's driver: Node, the bundle, ONNX Runtime, the Vulkan loader if found. */
export function pack(file: string): void {
  const stage = mkdtempSync(join(tmpdir(), 'grpo-gpu-pack-'));
  try {
    const folder = join(stage, 'grpo-gpu-bench');
    mkdirSync(folder);
    copyFileSync(process.execPath, join(folder, 'node'));
    copyFileSync(process.argv[1]!, join(folder, 'bench.mjs'));
    copyFileSync('bench/gpu/peer.py', join(folder, 'peer.py'));
    writeFileSync(join(folder, 'run.sh'), RUN);
    chmodSync(join(folder, 'run.sh'), 0o755);
    for (const name of ['onnxruntime-node', 'onnxruntime-common'])
      cpSync(join('node_modules', name), join(folder, 'node_modules', name), {
        recursive: true,
        // Of the native parts, this platform's.
        filter: (path) =>
          !/\.map$/.test(path) &&
          (!/bin.napi-v\d+.\w/.test(path) ||
            path.includes(join(process.platform, process.arch)) ||
            path.endsWith(process.platform)),
      });
    const loader = vulkanLoader();
    if (loader) copyFileSync(loader, join(folder, 'libvulkan.so.1'));
    const { status, stderr } = spawnSync('tar', ['-C', stage, '-cJf', resolve(file), 'grpo-gpu-bench'], {
      encoding: 'utf8',
    });
    if (status !== 0) throw new BadInput(`--pack ${file}: ${stderr}`);
    const size = (statSync(file).size / 2 ** 20).toFixed(1);
    console.log(
      `${file}: ${size} MiB, ${loader ? 'with' : 'without'} the Vulkan loader. Unpack it there, then ./run.sh`,
    );
  } finally {
    rmSync(stage, { recursive: true });
  }
}

/** The system's, or the one that the tests' Chromium brought along. */
function vulkanLoader(): string | undefined {
  const { stdout } = spawnSync('ldconfig', ['-p'], { encoding: 'utf8' });
  const ofTests = 'test/e2e/node_modules/.chromium/libvulkan.so.1';
  return /libvulkan\.so\.1 .*=> (\S+)/.exec(stdout ?? '')?.[1] ?? (existsSync(ofTests) ? ofTests : undefined);
}
