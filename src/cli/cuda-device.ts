import { remedyWords } from '../protocol/remedy.ts';
import { type EnvironmentReport, gpusInWords } from '../trl/environment-report.ts';
import type { Device } from './devices.ts';

/** Device "cuda", on which not our engine trains but TRL. */
export function cudaDevice({ environment, torch, works }: EnvironmentReport): Device {
  const no = (detail: string): Device => ({ name: 'cuda', works: false, detail });
  if (!works || !environment || !torch)
    return no(`TRL trains on it, and is not set up. ${remedyWords({ action: 'set-up-trl' })}`);
  const { python, versions } = environment;
  if (torch.kind === 'cuda')
    return { name: 'cuda', works: true, detail: `works, with TRL ${versions.trl}: ${gpusInWords(torch)}` };
  const built = torch.builtFor === null ? 'is built without CUDA' : `is built for ${torch.builtFor}`;
  const instead = torch.gpus.length > 0 ? gpusInWords(torch) : 'the CPU';
  return no(`PyTorch ${versions.torch} of ${python} ${built} and finds no CUDA GPU; TRL trains on ${instead} here`);
}
