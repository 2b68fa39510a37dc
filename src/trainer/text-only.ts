import type { LoadedConfig } from '../config/load-config.ts';
import { notLoaded } from '../model/files/weights.ts';
import type { Finding } from '../protocol/finding.ts';

/** What of a multimodal model is not trained. */
export function textOnly({ config, locate }: Pick<LoadedConfig, 'config' | 'locate'>): Finding[] {
  const parts = notLoaded(config.model);
  if (parts.length === 0) return [];
  const evidence = `Text only: ${parts.join(', ')} of the model ${parts.length === 1 ? 'is' : 'are'} not loaded.`;
  return [{ kind: 'text-only', severity: 'information', evidence, place: locate(['model']) }];
}
