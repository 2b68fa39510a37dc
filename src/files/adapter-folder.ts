import { existsSync } from 'node:fs';
import { join } from 'node:path';

/** What PEFT describes a LoRA adapter in. A folder that has it is an adapter's, whatever else is there. */
export const ADAPTER_CONFIG_FILE = 'adapter_config.json';

export const isAdapterFolder = (folder: string): boolean => existsSync(join(folder, ADAPTER_CONFIG_FILE));
