import { type ImportPicture, type ImportViewMessage, importPicture } from '../../src/protocol/import-view.ts';

interface VsCodeApi {
  postMessage(message: ImportViewMessage): void;
}
declare function acquireVsCodeApi(): VsCodeApi;

/** The extension host; VS Code gives its interface out once. */
export const host: VsCodeApi = acquireVsCodeApi();

export function onPicture(listener: (picture: ImportPicture) => void): void {
  window.addEventListener('message', ({ data }: MessageEvent<unknown>) => {
    const parsed = importPicture.safeParse(data);
    if (parsed.success) listener(parsed.data);
    else console.error('The extension sent an unknown message.', parsed.error);
  });
}
