import { commands, type Disposable, type LanguageModelTool, lm } from 'vscode';
import { editorName, TOOL_NAMES } from '../../assistant/names.ts';
import type { EditorTool, ToolParts } from './tool.ts';

/** Offers the tools to VS Code's chat. Their code is loaded by the first call. */
export function registerTools(parts: () => Promise<ToolParts>): Disposable[] {
  // Where nothing is trained, ten tools would only distract an assistant.
  void commands.executeCommand('setContext', 'grpo.active', true);
  return TOOL_NAMES.map((name) => {
    const load = async (): Promise<EditorTool> => {
      const { EditorTool } = await import('./tool.ts');
      return new EditorTool(name, await parts());
    };
    const tool: LanguageModelTool<object> = {
      prepareInvocation: async (options) => (await load()).prepareInvocation(options),
      invoke: async (options, token) => (await load()).invoke(options, token),
    };
    return lm.registerTool(editorName(name), tool);
  });
}
