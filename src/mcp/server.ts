import { resolve } from 'node:path';
import { McpServer, type ServerContext } from '@modelcontextprotocol/server';
import { serveStdio } from '@modelcontextprotocol/server/stdio';
import { answer, type Host } from '../assistant/answer.ts';
import { commandText } from '../assistant/command.ts';
import { TOOL_NAMES } from '../assistant/names.ts';
import { runFoldersIn } from '../assistant/runs.ts';
import { type Effect, INSTRUCTIONS, TOOLS, type Tool } from '../assistant/tools.ts';
import { Trainings } from './trainings.ts';

/**
 * Serves MCP on stdin and stdout, until stdin ends: what a person does with commands, for an assistant. `script`: `dist/grpo.js`, which the tools run, so that
 * they say what the command says.
 */
export function serveTools(script: string, version: string): void {
  const trainings = new Trainings(script);
  serveStdio(() => {
    const server = new McpServer(
      { name: 'grpo-lab', version },
      { capabilities: { tools: {} }, instructions: INSTRUCTIONS },
    );
    for (const name of TOOL_NAMES) {
      const { title, description, input, effect }: Tool = TOOLS[name];
      const about = { title, description, inputSchema: input, annotations: annotationsOf(effect) };
      server.registerTool(name, about, (given: unknown, { mcpReq }: ServerContext) =>
        resultOf(answer(name, given, hostOf(script, trainings, mcpReq.signal))),
      );
    }
    return server;
  });
}

/** `signal`: the assistant no longer wants the answer. */
function hostOf(script: string, trainings: Trainings, signal: AbortSignal): Host {
  return {
    place: (path) => resolve(path),
    grpo: (args) => commandText(script, args, { signal }),
    runFolders: (folder = process.cwd()) => runFoldersIn(folder),
    async start(config, set) {
      const run = await trainings.start(config, set);
      return `Training in ${run}. It stops, with a checkpoint, when this server ends.`;
    },
    stop: (run) => trainings.stop(run),
  };
}

/** The tools of this machine only. */
const annotationsOf = (effect: Effect) => ({
  readOnlyHint: effect === 'reads',
  destructiveHint: effect === 'stops',
  openWorldHint: false,
});

/** What went wrong is an answer, too: the assistant reads it. */
async function resultOf(text: Promise<string>) {
  try {
    return { content: [{ type: 'text' as const, text: await text }] };
  } catch (error) {
    return { content: [{ type: 'text' as const, text: (error as Error).message }], isError: true };
  }
}
