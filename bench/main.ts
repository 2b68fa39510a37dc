/** `npm run bench -- peer|memory|samples|preview`: the figures that this project claims, measured on your machine. */
import { BadInput } from '../src/protocol/errors.ts';
import { benchMemory } from './memory.ts';
import { benchPeer } from './peer.ts';
import { benchPreview } from './preview.ts';
import { benchSamples } from './samples.ts';

const [name, ...args] = process.argv.slice(2);
try {
  switch (name) {
    case 'peer':
      await benchPeer(args);
      break;
    case 'memory':
      await benchMemory();
      break;
    case 'samples':
      benchSamples();
      break;
    case 'preview':
      await benchPreview();
      break;
    default:
      throw new BadInput(`Usage: npm run bench -- peer [--steps N] [--json]
       npm run bench -- memory
       npm run bench -- samples
       npm run bench -- preview

peer     a step of ours against one of TRL and PyTorch, phase by phase
memory   resident memory over 500 steps
samples  how far and how fast the samples of the workspace learn
preview  how soon new numbers follow an edit of a reward`);
  }
} catch (error) {
  if (!(error instanceof BadInput)) throw error;
  console.error(error.message);
  process.exitCode = 2;
}
