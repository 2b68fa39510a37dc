/** What to do on a machine whose GPU does not work with WebGPU, as a clause. */
export function howToGetGpu(): string {
  if (process.platform === 'linux')
    return "install the GPU's Vulkan driver and the loader (on Debian and Ubuntu the packages libvulkan1 and mesa-vulkan-drivers, or NVIDIA's driver)";
  return process.platform === 'darwin' ? 'it needs macOS 14 or later' : "update the GPU's driver";
}
