/** What the host tells the dashboard's Checkpoints tab. */
export const checkpointsHostMessages = [] as const;

/** What that asks of the host. */
export const checkpointsMessages = [] as const;
