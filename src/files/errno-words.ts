/** Why a file cannot be read or written, by the system's name of the error. */
export const ERRNO_WORDS: Readonly<Record<string, string>> = {
  EACCES: 'permission is denied',
  EPERM: 'permission is denied',
  EROFS: 'the file system is read-only',
  ENXIO: 'it is a socket or a device, not a file',
  ENOTDIR: 'a part of its path is a file, not a folder',
  EEXIST: 'a file of this name is in the way',
  ENAMETOOLONG: 'its path is too long',
  ELOOP: 'its links lead in a circle',
  EISDIR: 'it is a folder, not a file',
};
