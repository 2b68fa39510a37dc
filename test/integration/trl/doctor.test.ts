/** What `grpo doctor` says of TRL, with an interpreter that answers as one on a machine with GPUs would. */
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { CHECKED } from '../../../src/trl/packages.ts';
import { pythonIn } from '../../../src/trl/python-environment.ts';
import { grpo, temporaryFolder } from '../cli/run-grpo.ts';

const GPU = { name: 'NVIDIA H100 80GB HBM3', bytes: 85e9 };

/** A workspace whose `.venv` has these packages, and a PyTorch that sees these GPUs. */
function workspace(versions: object, gpus: object[]): { folder: string; python: string } {
  const folder = temporaryFolder();
  const python = pythonIn(join(folder, '.venv'));
  mkdirSync(dirname(python), { recursive: true });
  const asked = { python, version: '3.12.1', managed: false, versions };
  const torch = { kind: gpus.length > 0 ? 'cuda' : 'cpu', gpus, builtFor: 'CUDA 13.2' };
  const answers = `case "$2" in *is_available*) echo '${JSON.stringify(torch)}';; *) echo '${JSON.stringify(asked)}';; esac`;
  writeFileSync(python, `#!/bin/sh\n${answers}\n`);
  chmodSync(python, 0o755);
  return { folder, python };
}

async function doctor(folder: string): Promise<string> {
  const env = { ...process.env, GRPO_STORAGE: join(folder, 'storage') };
  return (await grpo(['doctor'], { cwd: folder, env })).stdout;
}

test.skipIf(process.platform === 'win32')('doctor says what of TRL is there, and how to get the rest', async () => {
  const { vllm, ...all } = {
    ...CHECKED,
    vllm: '0.25.0',
    deepspeed: '0.19.0',
    bitsandbytes: '0.50.0',
    'liger-kernel': '0.8.5',
  };
  const whole = workspace(all, [GPU, GPU]);
  const said = await doctor(whole.folder);
  expect(said).toContain('trl 1.16.0, accelerate 1.15.0, datasets 5.2.0, peft 0.21.2, deepspeed 0.19.0');
  expect(said).toContain(`not found: vllm (${whole.python})`);
  expect(said).toMatch(/device cuda +works, with TRL 1\.16\.0: 2 × NVIDIA H100 80GB HBM3, 85\.0 GB\n/);
  expect(said).toMatch(/For options of "trl" that use vllm, run `.*python -m pip install vllm==[\d.]+`\.\n/);

  const { peft: _, trl: __, ...some } = all;
  const half = workspace(some, []);
  const lacking = await doctor(half.folder);
  expect(lacking).toMatch(/device cuda +TRL trains on it, and is not set up\. Run "GRPO: Set Up TRL"/);
  expect(lacking).toMatch(/ lacks trl and peft\. Run "GRPO: Set Up TRL".*Or run `.*pip install trl==1\.16\.0 peft==/);

  const noGpu = workspace(all, []);
  expect(await doctor(noGpu.folder)).toMatch(
    /device cuda +PyTorch 2\.15\.0 of .*python is built for CUDA 13\.2 and finds no CUDA GPU; TRL trains on the CPU here/,
  );
});
