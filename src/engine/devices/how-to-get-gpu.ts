import { gpuMemory } from './gpu-memory.ts';

/** What to do on a machine whose GPU does not work with WebGPU, as a clause. */
export function howToGetGpu(): string {
  const nvidia = process.platform === 'linux' && gpuMemory()?.name.startsWith('NVIDIA');
  // Seen in a container with CUDA's part of the driver: Vulkan's part loads, and refuses to start without these.
  if (nvidia)
    return "the GPU's driver is there, but not all that its Vulkan part needs: install libvulkan1, libegl1 and libgl1 (Debian and Ubuntu), and in a container give it the driver's graphics capability";
  if (process.platform === 'linux')
    return "install the GPU's Vulkan driver and the loader (on Debian and Ubuntu the packages libvulkan1 and mesa-vulkan-drivers, or NVIDIA's driver)";
  return process.platform === 'darwin' ? 'it needs macOS 14 or later' : "update the GPU's driver";
}
