import { Turns } from '../time/turns.js'
import { KafkaError } from '../wire/errors.js'
import { ByteTurns } from './byte-turns.js'
import { codecs, decompress, inflate, inflateHoldsBytes } from './compression/compression.js'
import { codecOf, recordBytes, recordCount } from './record-batch.js'
import { RecordPieces, type SeePiecewise } from './record-pieces.js'
import type { Survey } from './record-walk.js'

export interface InflaterOptions {
  /** The most bytes that the records of a batch may have when they are inflated (ottla.inflated.batch.max.bytes). */
  readonly mostBatchBytes: number
  /** The most bytes that all that is being inflated may take at once (ottla.inflate.memory.max.bytes). */
  readonly memoryBytes: number
}

interface WalkOptions {
  /** True where the offsets must count from 0, as in a batch that a client sends. */
  readonly areConsecutive: boolean
  readonly see?: SeePiecewise
  /** Asked between pieces; true ends the walk before the end, and the survey is of what was seen. */
  readonly isEnough?: () => boolean
}

/** Bytes of records that are looked through without a pause; they take a few milliseconds. */
const sliceBytes = 256 * 1024
/** A batch usually inflates to no more than this. */
const shortBytes = 1024 * 1024
/** A caller that holds a whole batch makes another of it, and compresses that one. */
const copiesOfWhole = 3

/**
 * Inflates the records of batches, which may be a thousand times as large as the batch. All code that reads compressed
 * records comes here: there is a limit for each batch, and a budget for all, in which callers take turns; and the event
 * loop is not blocked.
 */
export class Inflater {
  readonly #turns: ByteTurns

  constructor(private readonly options: InflaterOptions) {
    this.#turns = new ByteTurns(options.memoryBytes)
  }

  /** The number of batches that wait for their turn. */
  get waiting(): number {
    return this.#turns.waiting
  }

  /**
   * Looks through the records of a batch, compressed or not, piece by piece. Throws INVALID_RECORD for records that are
   * malformed, UnreadableRecords (an INVALID_RECORD, too) for bytes that the codec did not write, and MESSAGE_TOO_LARGE
   * above the limit.
   */
  walk(batch: Buffer, options: WalkOptions): Promise<Survey> {
    const { mostBatchBytes } = this.options
    const [codec, bytes] = [codecOf(batch), recordBytes(batch)]
    const limit = codec === codecs.none ? bytes.length : mostBatchBytes
    const held = inflateHoldsBytes(codec, bytes, limit)
    return this.#turns.during(held, () =>
      walkPieces(inflate(codec, bytes, limit), recordCount(batch), options),
    )
  }

  /**
   * Inflates bytes that are no batch, only to see that they can be. Throws UnreadableRecords for bytes that the codec
   * did not write, and MESSAGE_TOO_LARGE above `maxBytes`.
   */
  check(codec: number, bytes: Buffer, maxBytes: number): Promise<void> {
    return this.#turns.during(inflateHoldsBytes(codec, bytes, maxBytes), async () => {
      for await (const _ of inflate(codec, bytes, maxBytes));
    })
  }

  /** Runs `use` with all records of a batch in one buffer, and counts them against the budget until it is done. */
  async withWhole<T>(batch: Buffer, use: (records: Buffer) => Promise<T>): Promise<T> {
    const { mostBatchBytes, memoryBytes } = this.options
    const [codec, bytes] = [codecOf(batch), recordBytes(batch)]
    if (codec === codecs.none) return use(bytes)
    const short = Math.min(shortBytes, mostBatchBytes)
    const held = inflateHoldsBytes(codec, bytes, short) + copiesOfWhole * short
    const found = await this.#turns.during(held, async () => {
      const whole = await wholeWithin(codec, bytes, short)
      return whole && { result: await use(whole) }
    })
    if (found) return found.result
    if (short === mostBatchBytes) return use(await decompress(codec, bytes, short)) // throws
    return this.#turns.during(memoryBytes, async keep => {
      const whole = await decompress(codec, bytes, mostBatchBytes)
      keep(copiesOfWhole * whole.length)
      return use(whole)
    })
  }
}

async function walkPieces(
  pieces: AsyncIterable<Buffer>,
  count: number,
  { areConsecutive, see, isEnough }: WalkOptions,
): Promise<Survey> {
  const records = new RecordPieces(count, areConsecutive, see)
  const turns = new Turns()
  for await (const piece of pieces) {
    for (let at = 0; at < piece.length; at += sliceBytes) {
      records.push(piece.subarray(at, at + sliceBytes))
      if (isEnough?.()) return records.survey
      const pause = turns.pause()
      if (pause) await pause
    }
  }
  return records.finish()
}

/** Inflates the records into one buffer; null where they hold more than `maxBytes`. */
async function wholeWithin(codec: number, bytes: Buffer, maxBytes: number): Promise<Buffer | null> {
  try {
    return await decompress(codec, bytes, maxBytes)
  } catch (thrown) {
    if (thrown instanceof KafkaError && thrown.errorName === 'MESSAGE_TOO_LARGE') return null
    throw thrown
  }
}
