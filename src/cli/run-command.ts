/** The `grpo` command: what it is asked, doing it, and how it ends. */
import { BadInput, BadUsage, problemOf } from '../protocol/errors.ts';
import { oneLine, visible } from '../text/visible.ts';
import { type Command, parseCommand } from './args.ts';
import { print } from './output.ts';
import { tellHost } from './tell-host.ts';
import { leaveClosedTerminal } from './terminal.ts';
import { VERSION } from './version.ts';

/** Gives the exit status. Commands load what they need when they run: the engine takes longer to load than `--help` to print. */
async function run(command: Command): Promise<number> {
  switch (command.command) {
    case 'help':
      print(command.text);
      return 0;
    case 'version':
      print(VERSION);
      return 0;
    case 'train':
      return (await import('./train.ts')).trainCommand(command);
    case 'check':
      return (await import('./check.ts')).checkCommand(command);
    case 'mcp':
      return (await import('./mcp.ts')).mcpCommand();
    case 'audit':
      return (await import('./audit.ts')).auditCommand(command);
    case 'score':
      return (await import('./score.ts')).scoreCommand(command);
    case 'data':
      return (await import('./data.ts')).dataCommand(command);
    case 'generate':
      return (await import('./generate.ts')).generateCommand(command);
    case 'chat':
      return (await import('./chat.ts')).chatCommand(command);
    case 'samples':
      return (await import('./samples.ts')).samplesCommand(command);
    case 'logprobs':
      return (await import('./logprobs.ts')).logprobsCommand(command);
    case 'import':
      return (await import('./import.ts')).importCommand(command);
    case 'import checkpoint':
      return (await import('./import-checkpoint.ts')).importCheckpointCommand(command);
    case 'rescore':
      return (await import('./rescore.ts')).rescoreCommand(command);
    case 'eval':
      return (await import('./eval.ts')).evaluateCommand(command);
    case 'explain':
      return (await import('./explain.ts')).explainCommand(command);
    case 'export':
      return (await import('./export.ts')).exportCommand(command);
    case 'export trl':
      return (await import('./export-trl.ts')).exportTrlCommand(command);
    case 'records':
      return (await import('./records.ts')).recordsCommand(command);
    case 'report':
      return (await import('./report.ts')).reportCommand(command);
    case 'presets':
      return (await import('./presets.ts')).presetsCommand(command);
    case 'compare':
      return (await import('./compare.ts')).compareCommand(command);
    case 'bench':
      return (await import('./bench.ts')).benchCommand(command);
    case 'setup-tensorflow':
      return (await import('./setup-tensorflow.ts')).setupTensorflowCommand(command);
    case 'setup-trl':
      return (await import('./setup-trl.ts')).setupTrlCommand(command);
    case 'doctor':
      return (await import('./doctor.ts')).doctorCommand(command);
    default:
      return command satisfies never;
  }
}

/** Shows what went wrong on stderr, and tells a host that listens; gives the exit status. Only an error that nobody foresaw has a stack to show. */
function report(error: unknown): number {
  process.stderr.write(`${visible(wordsOf(error))}\n`);
  const problem = problemOf(error);
  if (problem) tellHost({ type: 'problem', problem });
  return error instanceof BadInput ? 2 : 1;
}

function wordsOf(error: unknown): string {
  if (error instanceof BadUsage) return `${error.message}\n\n${error.usage}`;
  if (!(error instanceof Error)) return `Unexpected error, please report it: ${error}`;
  if (problemOf(error)) return error.message;
  // The system refused something: its own words say what and where, and our stack says nothing to the user.
  const { code, syscall } = error as NodeJS.ErrnoException;
  if (code !== undefined && syscall !== undefined) return `${oneLine(error.message)}.`;
  return `Unexpected error, please report it: ${error.stack ?? error.message}`;
}

/** What writing fails with when the reader has gone (`grpo ... | head`), or the terminal was closed. */
const GONE = ['EPIPE', 'EIO', 'ENXIO'];

/**
 * Output that cannot be written ends a command, except a training run and an experiment, which have their folders to write: quietly where the reader has gone,
 * and with a sentence where it is something else, such as a full disk.
 */
function surviveLostOutput(command: Command): void {
  let told = false;
  for (const stream of [process.stdout, process.stderr])
    stream.on('error', (error: NodeJS.ErrnoException) => {
      const isGone = GONE.includes(error.code ?? '');
      if (!isGone && stream === process.stdout && !told)
        process.stderr.write(`The output cannot be written (${oneLine(error.message)}).\n`);
      told = true;
      if (command.command === 'train' || command.command === 'compare') return;
      leaveClosedTerminal();
      process.exit(isGone ? undefined : 1);
    });
}

try {
  const command = parseCommand(process.argv.slice(2));
  surviveLostOutput(command);
  process.exitCode = await run(command);
} catch (error) {
  // Not process.exit(): what was written before would be lost where pipes are slow.
  process.exitCode = report(error);
}
leaveClosedTerminal();
