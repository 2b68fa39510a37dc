import { fileURLToPath } from 'node:url';
import { serveTools } from '../mcp/server.ts';
import { VERSION } from './version.ts';

/** `grpo mcp`: an MCP server on stdin and stdout, for assistants; it ends with stdin. */
export function mcpCommand(): number {
  serveTools(fileURLToPath(new URL('./grpo.js', import.meta.url)), VERSION);
  return 0;
}
