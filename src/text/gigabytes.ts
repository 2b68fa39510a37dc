/** Bytes as "1.5 GB". */
export const formatGigabytes = (bytes: number): string => `${(bytes / 1e9).toFixed(1)} GB`;
