import type { Offset } from '../engine/log-engine.js'
import { checkpoint, isMissing, offsetIn, readCheckpoint } from './checkpoints.js'
import type { Files } from './files.js'
import type { Segment } from './segment.js'

/**
 * The checksums of a partition's transaction indexes when these were last known to be right. Kafka's format has none
 * for them, and an index that has lost entries, or all of them, shows records that were aborted. The file lies beside
 * the indexes, in the shape of a checkpoint: base offset of a segment, number of entries, their CRC-32C. Kafka does not
 * look at it; an index that Kafka has changed since is doubted, and then found to be right.
 */
export class TransactionChecksums {
  readonly #known: ReadonlyMap<Offset, string>
  #written: string | null = null
  /** The reason why none of the indexes can be believed; null where the file is whole or was never needed. */
  readonly flaw: string | null

  constructor(
    private readonly files: Files,
    readonly path: string,
  ) {
    const { entries, flaw } = readCheckpoint(files, path, line)
    this.#known = new Map(entries)
    this.flaw = flaw === isMissing ? null : flaw
  }

  /** Tells whether a segment's index is not what it was. */
  doubts({ base, aborted }: Segment): boolean {
    const known = this.#known.get(base)
    return this.flaw !== null || (known !== undefined && known !== aborted.checksum)
  }

  /** Notes the checksums that the indexes have now. */
  save(segments: readonly Segment[]): void {
    if (this.files.inMemory) return
    const lines = segments.flatMap(({ base, aborted }) =>
      aborted.checksum === null ? [] : [[base, aborted.checksum]],
    )
    const wasNeeded = this.#written !== null || this.#known.size > 0 || this.flaw !== null
    const content = checkpoint(lines)
    const text = content.toString()
    if (text === this.#written || (lines.length === 0 && !wasNeeded)) return
    this.files.writeFile(this.path, content)
    this.#written = text
  }
}

function line([base, count, crc, ...more]: readonly string[]): [Offset, string] | null {
  const offset = offsetIn(base)
  if (offset === null || offsetIn(count) === null || offsetIn(crc) === null || more.length > 0) return null
  return [offset, `${count} ${crc}`]
}
