import '@vscode-elements/elements/dist/vscode-button/index.js';
import { el } from '../dom.ts';
import { host } from '../host.ts';

/** Writes a checkpoint for other programs; without a step, the editor asks for the checkpoint. */
export const exportButton = (step?: number): HTMLElement =>
  el(
    'vscode-button',
    {
      secondary: true,
      title: 'Export as a model folder, a LoRA adapter, or a .gguf file for llama.cpp and Ollama',
      'aria-label': step === undefined ? 'Export Checkpoint' : `Export checkpoint of step ${step}`,
      onclick: () => host.postMessage({ type: 'exportCheckpoint', ...(step !== undefined && { step }) }),
    },
    step === undefined ? 'Export Checkpoint…' : 'Export…',
  );
