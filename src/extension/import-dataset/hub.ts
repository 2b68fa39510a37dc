/** A dataset's name on the Hugging Face Hub, `openai/gsm8k`, also from its page's address; undefined for anything else. */
export function hubName(text: string): string | undefined {
  const name = text.trim().replace(/^(https:\/\/)?(www\.)?huggingface\.co\/datasets\//, '');
  return /^[\w.-]+\/[\w.-]+(?=\/?$|\/(tree|viewer)\/)/.exec(name)?.[0];
}

/** Where it goes, relative to the workspace's folder. */
export const hubFolder = (name: string): string => `data/${name.split('/')[1]!.toLowerCase()}`;

/** Ways to download a dataset: the files that can be read, and the card, which says which of them are what. */
export const HUB_DOWNLOADS: { title: string; needs: string; command: (name: string) => string }[] = [
  {
    title: 'With the Hugging Face CLI',
    needs: 'pip install huggingface_hub installs it',
    command: (name) => `hf download ${name} --repo-type dataset --local-dir ${hubFolder(name)}`,
  },
  {
    title: 'With uvx',
    needs: 'uv runs the Hugging Face CLI without installing it',
    command: (name) =>
      `uvx --from huggingface_hub hf download ${name} --repo-type dataset --local-dir ${hubFolder(name)}`,
  },
  {
    title: 'With git',
    needs: 'needs git-lfs; without it you get pointer files instead of the data',
    command: (name) => `git clone https://huggingface.co/datasets/${name} ${hubFolder(name)}`,
  },
];
