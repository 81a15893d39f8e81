import { execFileSync } from 'node:child_process'
import { rmSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const fillerBytes = 4 * 1024 * 1024

/** A file system of its own with little room, part of which a file takes up at first. */
export class SmallDisk implements AsyncDisposable {
  private constructor(private readonly folder: string) {}

  /** Mounts it; throws the words of `mount` where this machine does not allow it. */
  static async mount(mebibytes: number): Promise<SmallDisk> {
    const folder = await mkdtemp(join(tmpdir(), 'ottla-small-disk-'))
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${mebibytes}m`, 'tmpfs', folder], { stdio: 'pipe' })
    } catch (thrown) {
      await rm(folder, { recursive: true })
      throw thrown
    }
    writeFileSync(join(folder, 'filler'), Buffer.alloc(fillerBytes))
    return new SmallDisk(folder)
  }

  get dataDir(): string {
    return join(this.folder, 'data')
  }

  /** Makes room. */
  removeFiller(): void {
    rmSync(join(this.folder, 'filler'))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    execFileSync('umount', ['--lazy', this.folder])
    await rm(this.folder, { recursive: true })
  }
}

/** The reason why nothing can be mounted on this machine, or false. */
export async function mountRefused(): Promise<string | false> {
  try {
    await using _disk = await SmallDisk.mount(8)
    return false
  } catch (thrown) {
    return `no file system can be mounted here: ${thrown instanceof Error ? thrown.message.trim() : thrown}`
  }
}
