/** Why a prompt's samples have a learning signal or none, as a sentence; empty where that is not known. */
export const signalText = (why: string | undefined): string =>
  why === undefined ? '' : `This prompt ${why.replace(/^no signal/, 'has no signal')}.`;
