/**
 * How a process tells others that it lives, in a way that ends with it: a process id does not do, for
 * after a reboot it may be another's, and in two containers the same.
 */
export interface Presence {
  /** Announces this process under a name in the directory; returns how to fall silent, or null where nobody would hear it. */
  announce(directory: string, name: string): Promise<(() => void) | null>
  /** Whether the process that announced itself lives; null where that cannot be told. */
  isHeard(directory: string, name: string): Promise<boolean | null>
}
