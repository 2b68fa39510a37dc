import { lockFile } from './lock-file.ts';

/**
 * Claims a folder that something is installed into, so that of two set-ups at the same time none takes what the other has half made; the returned
 * function gives it back. The folder above it must exist. Throws RunFailure when another one is at work there, or may be; what the system says when
 * nothing can be written there.
 */
export function lockSetUp(into: string): () => void {
  const file = `${into}.lock`;
  return lockFile(file, {
    alive: ({ pid }) =>
      `Another set-up (process ${pid}) is installing into ${into}; wait for it, or stop it; if that process is something else, delete ${file}.`,
    unknown: ({ pid, host }) =>
      `A set-up in another container or on another machine (process ${pid} on ${host}) claims ${into}, and cannot be seen from here. If it is gone, delete ${file}.`,
    justTaken: `Another set-up has just started to install into ${into}; wait for it, or delete ${file} if that is not so.`,
    own: `This process already installs into ${into}.`,
  });
}
