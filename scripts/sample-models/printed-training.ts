import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RunControl } from '../../src/trainer/control.ts';
import type { Stage } from '../../src/trainer/stage.ts';
import { type LoopFolder, train } from '../../src/trainer/train.ts';

/** Takes a stage through its steps without a run folder: losses are printed, and of the last checkpoint `file` is copied to `folder`. */
export async function trainPrinted(stage: Stage, steps: number, { file, folder }: Record<'file' | 'folder', string>) {
  const kept: LoopFolder = {
    update() {},
    writeRollouts() {},
    writeUpdate() {},
    writeEvaluation() {},
    appendMetrics({ step, loss }) {
      if (step % 100 === 0) console.log(`step ${step}/${steps}  loss ${loss!.toFixed(4)}`);
    },
    async writeCheckpoint(_, write) {
      const temporary = mkdtempSync(join(tmpdir(), 'sample-model-'));
      try {
        await write(temporary);
        copyFileSync(join(temporary, file), join(folder, file));
      } finally {
        rmSync(temporary, { recursive: true, force: true });
      }
      return folder;
    },
    checkpoints: () => [],
    pruneCheckpoints() {},
  };
  await train(stage, kept, {
    config: { maxSteps: steps, saveSteps: steps, saveTotalLimit: null, evalSteps: null, evalOnStart: false },
    control: new RunControl(),
    emit() {},
    attended: false,
  });
}
