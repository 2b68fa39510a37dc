/** `npm run bench -- NAME`: the figures that this project claims, measured on your machine. */
import { spawnSync } from 'node:child_process';
import { BadInput, BadUsage } from '../src/protocol/errors.ts';
import { benchDataset } from './dataset.ts';
import { benchDoctor } from './doctor.ts';
import { benchFuzz } from './fuzz.ts';
import { benchGradient } from './gradient.ts';
import { benchKills } from './kills/kills.ts';
import { benchLimit } from './limit/limit.ts';
import { benchLoad } from './load.ts';
import { benchMemory } from './memory.ts';
import { benchModels } from './models/models.ts';
import { benchPeer } from './peer.ts';
import { benchPreview } from './preview.ts';
import { benchSamples } from './samples.ts';
import { benchScaling } from './scaling.ts';
import { benchSkipping } from './skipping.ts';
import { benchSlowRewards } from './slow-rewards.ts';
import { benchTimeToReward } from './time-to-reward.ts';
import { benchTrlMemory } from './trl-memory.ts';
import { benchTrlSeeds } from './trl-seeds.ts';

const USAGE = `Usage: npm run bench -- peer [WORK] [PEER] [--alone] [--steps N] [--warm-up N] [--json]
       npm run bench -- scaling [WORK] [--steps N] [--warm-up N]
       npm run bench -- memory [--model FOLDER] [--lora R] [--steps N]
       npm run bench -- models [--models ID,...] [--ways int4,lora,all] [--tokens N] [--save]
       npm run bench -- skipping [--model FOLDER] [--steps N]
       npm run bench -- slow-rewards [--model FOLDER] [--steps N] [--lengths A-B] [--milliseconds N]
       npm run bench -- limit [WORK] [--steps N] [--warm-up N]
       npm run bench -- load --model FOLDER_OR_GGUF
       npm run bench -- dataset [--rows=N] [FILE...]
       npm run bench -- gradient --model FOLDER_OR_GGUF [--prompts N] [--generations N] [--prompt-tokens N] [--tokens N] [--worst N]
       npm run bench -- gpu [--shapes 135m,0.5b,1.5b] [--tokens N] [--steps N] [--profile] [--pack FILE.tar.xz]
       npm run bench -- samples
       npm run bench -- time-to-reward [--model FOLDER] [--seeds N] [--set FIELD=VALUE...]
       npm run bench -- trl-seeds [--seeds N] [--set FIELD=VALUE...]
       npm run bench -- trl-memory
       npm run bench -- preview
       npm run bench -- kills [--trials N] [--seed N]
       npm run bench -- doctor [--seeds N] [--only sick|healthy] [--keep FOLDER]
       npm run bench -- fuzz [--cases N] [--seed N] [--jobs N] [--case N]

peer     a step of ours against one of TRL and PyTorch, phase by phase; --alone: ours only
scaling  what a token costs in steps of 1, 2 and 4 times the completions, and of their length
memory   resident memory over a long run: 500 steps of a sample, 30 of a model of yours
models   what a step of the models that people have takes, with random weights of their shapes; --save: for the tables of the docs
skipping an update in which four of five groups have no signal, with and without them
slow-rewards a step whose reward takes its time (10 ms a completion), called as completions end and after all of them
limit    how much of the rate at which this machine multiplies matrices a step uses, phase by phase
load     seconds and memory that a model takes to load
dataset  seconds and memory that the files of a dataset take to read; without files, made ones of each text format
gradient every gradient of an update against PyTorch's, at real sizes; and whether two runs give the same bytes
gpu      steps of random models on the GPU, ours and PyTorch's; --profile: which operations take the time; --pack: an archive that does it on a bare machine
samples  how far and how fast the samples of the workspace learn
time-to-reward seconds until held-out rewards are at 80 % and 90 % of what is reachable, here and by TRL: the samples, or the instructions with a model of yours
trl-seeds the sort sample from several seeds (5), here and by TRL: whether they differ by more than seeds do
trl-memory what the arithmetic of docs/scaling.md says of TRL's memory, against what its process takes on the CPU
preview  how soon new numbers follow an edit of a reward
kills    what is lost when a trainer is killed at any moment
doctor   how soon a diagnosis finds what is wrong with sick runs, and what it says of healthy ones from several seeds (10);
         --keep: runs are kept in a folder, and those that it has are not trained again
fuzz     what spoiled configs, data, models and runs come to; --case: one of them again, with its files kept

WORK, what a step is:
--model FOLDER       a Hugging Face folder with a chat template; without it, the sample's tiny model
--lora R             train an adapter of this rank on all linear layers, instead of all weights
--quantization TYPE  keep the model under the adapter in int8 or int4; with --alone
--gradient-checkpointing  compute activations a second time for the gradient; with --alone
--prompts N          prompts of a step (4)
--generations N      completions of each (8)
--tokens N           tokens of every completion (64)
--lengths A-B        instead: completions of A to B tokens, evenly spaced
--prompt-tokens N    lengthen every prompt to N tokens with a text before its question

PEER, what TRL does otherwise:
--peer-precision P        float32, bfloat16 (weights too) or autocast
--peer-micro-batches N    gradients in N parts, where all at once take too much memory`;

const [name, ...args] = process.argv.slice(2);
try {
  switch (name) {
    case 'peer':
      await benchPeer(args);
      break;
    case 'scaling':
      await benchScaling(args);
      break;
    case 'memory':
      await benchMemory(args);
      break;
    case 'models':
      await benchModels(args);
      break;
    case 'limit':
      await benchLimit(args);
      break;
    case 'skipping':
      await benchSkipping(args);
      break;
    case 'slow-rewards':
      await benchSlowRewards(args);
      break;
    case 'load':
      benchLoad(args);
      break;
    case 'dataset':
      benchDataset(args);
      break;
    case 'gradient':
      benchGradient(args);
      break;
    case 'gpu':
      // A bundle of its own, which can travel.
      process.exitCode = spawnSync(process.execPath, ['scripts/run.mjs', 'bench/gpu/main.ts', ...args], {
        stdio: 'inherit',
      }).status!;
      break;
    case 'samples':
      benchSamples();
      break;
    case 'time-to-reward':
      benchTimeToReward(args);
      break;
    case 'trl-seeds':
      benchTrlSeeds(args);
      break;
    case 'trl-memory':
      benchTrlMemory(args);
      break;
    case 'preview':
      await benchPreview();
      break;
    case 'kills':
      await benchKills(args);
      break;
    case 'doctor':
      await benchDoctor(args);
      break;
    case 'fuzz':
      await benchFuzz(args);
      break;
    default:
      throw new BadUsage(`There is no benchmark "${name ?? ''}".`, USAGE);
  }
} catch (error) {
  if (!(error instanceof BadInput)) throw error;
  console.error(error instanceof BadUsage ? `${error.message}\n\n${error.usage}` : error.message);
  process.exitCode = 2;
}
