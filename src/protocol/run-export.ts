/** What can be exported of what a run recorded. */
export const RUN_EXPORTS = ['metrics', 'jsonl', 'parquet', 'report', 'tensorboard'] as const;
export type RunExport = (typeof RUN_EXPORTS)[number];

/** As menus name it, and what the file is called after the run's name; event files come in a folder of their own. */
export const EXPORT_FORMS: Readonly<Record<RunExport, { label: string; ending: string | null }>> = {
  metrics: { label: 'Metrics (CSV)', ending: '-metrics.csv' },
  jsonl: { label: 'Completions (JSONL)', ending: '-completions.jsonl' },
  parquet: { label: 'Completions (Parquet)', ending: '-completions.parquet' },
  report: { label: 'Report (HTML)', ending: '-report.html' },
  tensorboard: { label: 'TensorBoard', ending: null },
};

/** Runs to export, the dashboard's own first, as they are called where the user sees them. */
export interface RunsToExport {
  kind: RunExport;
  runs: { folder: string; label: string }[];
}
