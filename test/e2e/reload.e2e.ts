import { expect } from 'vitest';
import { until } from './helpers/processes.ts';
import { readRunInfo, runFolders } from './helpers/runs.ts';
import { Session } from './helpers/session.ts';

const session = new Session({ settings: { 'grpo.resumeAfterReload': true } });

session.test(
  'with grpo.resumeAfterReload a reloaded window goes on with the run',
  async ({ editor, dashboard, server }) => {
    await editor.command('GRPO: Start Training');
    await editor.choose('sort');
    await dashboard.state.filter({ hasText: 'running' }).waitFor();
    await until('steps', async () => (await dashboard.step()) >= 5);
    const [trainer] = server.processes('trainer.js');
    await editor.reload();
    await dashboard.state.filter({ hasText: 'running' }).waitFor();
    expect(server.processes('trainer.js').map(({ pid }) => pid)).not.toContain(trainer!.pid);
    expect(runFolders(server.workspace)).toHaveLength(1);
    const { step } = readRunInfo(runFolders(server.workspace)[0]!);
    expect(step).toBeGreaterThanOrEqual(5);
    await until('more steps', async () => (await dashboard.step()) > step);
  },
);
