import { McpServer } from '@modelcontextprotocol/server';
import { serveStdio } from '@modelcontextprotocol/server/stdio';
import { z } from 'zod';
import { Child } from '../processes/child.ts';
import { describeGroup, describeRun, listRuns } from './runs.ts';
import { Trainings } from './trainings.ts';

const config = z.string().describe('path of a run config, NAME.grpo.json');
const target = z
  .string()
  .describe('path of a run config (NAME.grpo.json) or of a reward file (NAME.reward.ts, NAME.py)');
const samples = z
  .string()
  .optional()
  .describe('path of a samples file (JSON Lines), unless it is the one of the same name');
const run = z.string().describe('path of a run folder, as list_runs gives it');
const step = z.int().min(1).optional().describe('the step; without it the newest');
const group = z.int().min(0).default(0).describe('the group of the step, from 0');

const READS = { readOnlyHint: true, openWorldHint: false };

/**
 * Serves MCP on stdin and stdout, until stdin ends: what a person does with commands, for an assistant. `script`: `dist/grpo.js`, which the tools run, so that
 * they say what the command says.
 */
export function serveTools(script: string, version: string): void {
  const trainings = new Trainings(script);
  serveStdio(() => {
    const server = new McpServer({ name: 'grpo-lab', version }, { capabilities: { tools: {} } });
    const command = (...args: string[]) => answerOf(grpo(script, args));
    const withSamples = (file: string | undefined) => (file === undefined ? [] : ['--samples', file]);

    server.registerTool(
      'score_samples',
      {
        description:
          'Scores sample completions with reward functions: a table by prompt with every score, reason, failure and advantage. Calls the reward code.',
        inputSchema: z.object({ target, samples }),
        annotations: { ...READS, readOnlyHint: false, destructiveHint: false },
      },
      (given) => command('score', given.target, ...withSamples(given.samples)),
    );
    server.registerTool(
      'audit_rewards',
      {
        description:
          'Tries to earn rewards without doing the task, and honest answers in other forms: what a reward function can be fooled by. Calls the reward code.',
        inputSchema: z.object({ target, samples }),
        annotations: { ...READS, readOnlyHint: false, destructiveHint: false },
      },
      (given) => command('audit', given.target, ...withSamples(given.samples)),
    );
    server.registerTool(
      'check_run',
      {
        description:
          'Takes a few steps without training and says what a run will be like (time, memory, learning signal, lengths), and what is wrong with its config.',
        inputSchema: z.object({ config }),
        annotations: { ...READS, readOnlyHint: false, destructiveHint: false },
      },
      (given) => command('check', given.config),
    );
    server.registerTool(
      'list_runs',
      {
        description: 'Lists the runs of a workspace folder, the newest first: folder, name, state, steps, reward.',
        inputSchema: z.object({ folder: z.string().default('.').describe('the folder with the run configs') }),
        annotations: READS,
      },
      (given) => answerOf(listRuns(given.folder)),
    );
    server.registerTool(
      'run_status',
      {
        description: 'State, rewards and newest metrics of a run.',
        inputSchema: z.object({
          run,
          steps: z.int().min(1).max(200).default(5).describe('how many of the newest steps'),
        }),
        annotations: READS,
      },
      (given) => answerOf(describeRun(given.run, given.steps)),
    );
    server.registerTool(
      'read_group',
      {
        description:
          'The completions that a run sampled for one prompt of a step, each with its rewards and advantage.',
        inputSchema: z.object({ run, step, group }),
        annotations: READS,
      },
      (given) => answerOf(describeGroup(given.run, given.step, given.group)),
    );
    server.registerTool(
      'explain_group',
      {
        description:
          'Walks through GRPO with the numbers of one group: rewards, advantages, ratios, KL, and what the update pushed up and down.',
        inputSchema: z.object({ run, step, group }),
        annotations: READS,
      },
      (given) =>
        command(
          'explain',
          given.run,
          '--group',
          String(given.group),
          ...(given.step ? ['--step', String(given.step)] : []),
        ),
    );
    server.registerTool(
      'start_training',
      {
        description:
          'Starts a training, which goes on after this call, for as long as this server runs; then it stops with a checkpoint. Gives its run folder. Ask the user before.',
        inputSchema: z.object({
          config,
          set: z.array(z.string()).default([]).describe('fields to override, such as "maxSteps=20"'),
        }),
        annotations: { readOnlyHint: false, destructiveHint: false, openWorldHint: false },
      },
      (given) => answerOf(trainings.start(given.config, given.set).then((folder) => `Training in ${folder}.`)),
    );
    server.registerTool(
      'stop_training',
      {
        description:
          'Stops a training that start_training has started, after its step and with a checkpoint. Ask the user before.',
        inputSchema: z.object({ run }),
        annotations: { readOnlyHint: false, destructiveHint: true, openWorldHint: false },
      },
      (given) =>
        answerOf(
          trainings.stop(given.run).then((end) => {
            if (!end) throw new Error(`No training in ${given.run} was started here.`);
            return `${end.outcome} at step ${end.step}${end.checkpoint ? `, checkpoint ${end.checkpoint}` : ''}`;
          }),
        ),
    );
    return server;
  });
}

/** What went wrong is an answer, too: the assistant reads it. */
async function answerOf(text: Promise<string>) {
  try {
    return { content: [{ type: 'text' as const, text: await text }] };
  } catch (error) {
    return { content: [{ type: 'text' as const, text: (error as Error).message }], isError: true };
  }
}

/** Commands that end with 1 have found something: that is no error. */
async function grpo(script: string, args: string[]): Promise<string> {
  let said = '';
  const child = new Child(
    { command: process.execPath, args: [script, ...args] },
    { onPrint: (text) => (said += text) },
  );
  const { code, error } = await child.ended;
  if (error || (code !== 0 && code !== 1)) throw new Error(error?.message ?? said.trim());
  return said.trim();
}
