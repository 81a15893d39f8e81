/**
 * Tells other processes that this one lives, in a way that ends with it. A process id would not do: after a reboot it
 * may belong to another process, and in two containers it may be the same.
 */
export interface Presence {
  /**
   * Announces this process under a name in the directory. Returns a function that ends the announcement, or null where
   * no process could notice it.
   */
  announce(directory: string, name: string): Promise<(() => void) | null>
  /** Tells whether the process that announced itself lives; null where that cannot be told. */
  isHeard(directory: string, name: string): Promise<boolean | null>
}
