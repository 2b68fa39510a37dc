import { el } from '../dom.ts';
import { host } from '../host.ts';

/** Writes a checkpoint for other programs. */
export const exportButton = (step: number): HTMLElement =>
  el(
    'button',
    {
      class: 'flat',
      title: 'Export as a model folder, a LoRA adapter, or a .gguf file for llama.cpp and Ollama',
      onclick: () => host.postMessage({ type: 'exportCheckpoint', step }),
    },
    'Export…',
  );
