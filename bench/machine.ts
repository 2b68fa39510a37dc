import { cpus } from 'node:os';

/** What the figures were measured on, in words. */
export const machine = (): string =>
  `${cpus()[0]!.model.trim()}, ${cpus().length} cores, ${process.platform} ${process.arch}`;
