/** Memory as "1.5 GB", always in that unit. */
export const formatGigabytes = (bytes: number): string => `${(bytes / 1e9).toFixed(1)} GB`;

/** The size of a file in the unit that suits it: "12 bytes", "2.0 kB", "3.7 MB", "1.5 GB". */
export function formatBytes(bytes: number): string {
  if (bytes < 1e3) return `${bytes} bytes`;
  const [unit, size] = bytes >= 1e9 ? ['GB', 1e9] : bytes >= 1e6 ? ['MB', 1e6] : ['kB', 1e3];
  return `${(bytes / (size as number)).toFixed(1)} ${unit}`;
}
