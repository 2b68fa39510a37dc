import type { TrainerEvent } from '../protocol/events.ts';
import type { ToolName } from './names.ts';
import { describeGroup, describeRun, listRuns } from './runs.ts';
import { TOOLS, type ToolInput } from './tools.ts';

/** What `grpo mcp` and the editor do each in its own way. */
export interface Host {
  /** The absolute path of a file or folder that an assistant named. */
  place(path: string): string;
  /** Runs a `grpo` command: what it prints. Rejected when it fails. */
  grpo(args: string[]): Promise<string>;
  /** The run folders in a folder with run configs; without one, those of the workspace. */
  runFolders(folder?: string): Promise<string[]>;
  /** Trains from now on. Settled once there is a run folder: what to tell of it. */
  start(config: string, set: string[]): Promise<string>;
  /** Settled when it has ended: how. */
  stop(run: string): Promise<string>;
}

/** An assistant pays for every character, and reads badly what is long. */
const MOST_CHARACTERS = 20_000;

/** What a tool answers. Throws what is wrong in a sentence. */
export async function answer(name: ToolName, input: unknown, host: Host): Promise<string> {
  return shortened(await fullAnswer(name, input, host));
}

async function fullAnswer(name: ToolName, input: unknown, host: Host): Promise<string> {
  switch (name) {
    case 'score_samples':
    case 'audit_rewards': {
      const { target, samples } = inputOf(name, input);
      const command = name === 'score_samples' ? 'score' : 'audit';
      return host.grpo([command, host.place(target), ...(samples ? ['--samples', host.place(samples)] : [])]);
    }
    case 'check_run':
      return host.grpo(['check', host.place(inputOf(name, input).config)]);
    case 'start_training': {
      const { config, set } = inputOf(name, input);
      return host.start(host.place(config), set);
    }
    case 'list_runs': {
      const { folder } = inputOf(name, input);
      const place = folder === undefined ? undefined : host.place(folder);
      const runs = await listRuns(await host.runFolders(place));
      return (
        runs || `There are no runs in ${place ?? host.place('.')}. They are in .grpo/runs beside their run config.`
      );
    }
    case 'run_status': {
      const { run, steps } = inputOf(name, input);
      return describeRun(host.place(run), steps);
    }
    case 'diagnose_run':
      return host.grpo(['doctor', host.place(inputOf(name, input).run)]);
    case 'read_group': {
      const { run, step, group } = inputOf(name, input);
      return describeGroup(host.place(run), step, group);
    }
    case 'explain_group': {
      const { run, step, group } = inputOf(name, input);
      const which = ['--group', String(group), ...(step === undefined ? [] : ['--step', String(step)])];
      return host.grpo(['explain', host.place(run), ...which]);
    }
    case 'stop_training':
      return host.stop(host.place(inputOf(name, input).run));
    default:
      return name satisfies never;
  }
}

/** With its defaults. Throws which field is wrong. */
export function inputOf<Name extends ToolName>(name: Name, input: unknown): ToolInput<Name> {
  const { data, error } = TOOLS[name].input.safeParse(input);
  if (data) return data as ToolInput<Name>;
  const [issue] = error!.issues;
  throw new Error(`${name}: ${issue!.path.join('.')}: ${issue!.message}.`);
}

/** How a training ended that was asked to stop. */
export const endText = (end: Extract<TrainerEvent, { type: 'end' }>): string =>
  `${end.outcome} at step ${end.step}${end.error ? `: ${end.error}` : ''}${end.checkpoint ? `, checkpoint ${end.checkpoint}` : ''}`;

/** With its beginning and its end, where commands sum up. */
function shortened(text: string): string {
  if (text.length <= MOST_CHARACTERS) return text;
  const head = text.slice(0, (MOST_CHARACTERS * 3) / 4);
  const tail = text.slice(-MOST_CHARACTERS / 4);
  const cut = text.length - head.length - tail.length;
  return `${head}\n… ${cut} characters are not shown; ask for less (a smaller samples file, one function, fewer steps) …\n${tail}`;
}
