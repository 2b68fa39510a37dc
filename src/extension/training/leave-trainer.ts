import { spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Trainer } from './trainer.ts';

/** The editor gives an extension about five seconds to end. */
const WAIT_SECONDS = 3;
/** To finish a long step and write its checkpoint; then it is killed. */
const AFTERWARDS_SECONDS = 60;

/** What a trainer writes before it ends must not be lost, and one that hangs must not stay: this looks after it when we are gone. */
const REAPER = `
const [pid, seconds] = process.argv.slice(1).map(Number);
const alive = () => { try { process.kill(pid, 0); return true; } catch { return false; } };
const deadline = Date.now() + seconds * 1000;
setInterval(() => {
  if (!alive()) process.exit();
  if (Date.now() < deadline) return;
  if (process.platform === 'win32') require('child_process').spawnSync('taskkill', ['/pid', String(pid), '/T', '/F'], { windowsHide: true });
  else process.kill(-pid, 'SIGKILL');
  process.exit();
}, 250);`;

/** Stops the trainer with a checkpoint; settled when it is gone or in good hands. */
export async function leaveTrainer(trainer: Trainer): Promise<void> {
  const { pid } = trainer;
  trainer.send({ type: 'stop' });
  const gone = await Promise.race([trainer.exited.then(() => true), sleep(WAIT_SECONDS * 1000, false)]);
  if (gone || pid === undefined) return;
  spawn(process.execPath, ['-e', REAPER, String(pid), String(AFTERWARDS_SECONDS)], {
    detached: true,
    stdio: 'ignore',
    windowsHide: true,
    env: { ...process.env, ELECTRON_RUN_AS_NODE: '1' },
  }).unref();
}
