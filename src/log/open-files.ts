import type { Files, OpenFile } from './files.js'

/** Opens files on need and closes the least recently used beyond a bound, so that partitions cost no descriptor. */
export class OpenFiles {
  readonly #open = new Map<string, OpenFile>()

  constructor(
    readonly files: Files,
    private readonly most = 1000,
  ) {}

  get(path: string): OpenFile {
    const known = this.#open.get(path)
    const file = known ?? this.files.open(path)
    if (known) this.#open.delete(path)
    this.#open.set(path, file)
    if (this.#open.size > this.most) this.close(this.#open.keys().next().value as string)
    return file
  }

  close(path: string): void {
    this.#open.get(path)?.close()
    this.#open.delete(path)
  }

  closeAll(): void {
    for (const path of [...this.#open.keys()]) this.close(path)
  }
}
