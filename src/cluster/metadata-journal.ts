import type { LogEngine, Offset } from '../engine/log-engine.js'
import { only } from '../engine/only.js'
import type { StoredTopic } from '../engine/topic-lookup.js'
import * as names from '../log/file-names.js'
import type { Files } from '../log/files.js'
import { ownerFile, readOwner } from '../log/partition-owner.js'
import { isFull, StorageFault } from '../log/storage-fault.js'
import { buildPlainBatch, lastOffset } from '../records/record-batch.js'
import { metadataTopic } from '../topics/internal-topics.js'
import { KafkaError } from '../wire/errors.js'
import type { Identity } from './identity.js'
import { type FoundAtStart, mustBeBelieved, mustReach } from './journal-end.js'
import { basesIn, type JournalEnd, journalBatches, reachedBefore } from './journal-files.js'
import { KeptRecords } from './kept-records.js'
import { type MetadataRecord, MetadataReplay } from './metadata-replay.js'
import { encodeFact, type MetadataFact } from './metadata-serde.js'
import { buildEpochBatch } from './quorum-records.js'
import { readEpoch, saveEpoch } from './quorum-state.js'
import { newestSnapshot } from './snapshot-file.js'
import { type SnapshotSurroundings, SnapshotTask } from './snapshot-task.js'

/** Kafka gives its metadata topic this fixed id (Uuid.METADATA_TOPIC_ID). */
export const journalId = 'AAAAAAAAAAAAAAAAAAAAAQ'
const target = { topicId: journalId, partition: 0 }

/** The number of bytes that one change may take (Kafka's KafkaRaftClient.MAX_BATCH_SIZE_BYTES). */
const mostBatchBytes = 8 * 1024 * 1024
/** No node votes over the network here; Kafka puts its own listener in this place when it leads. */
const unusedEndpoint = { name: 'CONTROLLER', host: 'localhost', port: 9093 }

/** The place where the journal lies, and the node that it belongs to. */
export interface JournalHome {
  readonly files: Files
  readonly directory: string
  readonly identity: Identity
}

/** The engine below the journal, and what it knows of the folders before any partition is opened. */
export interface JournalEngine extends LogEngine, FoundAtStart {}

/**
 * The partition `__cluster_metadata-0`, as a quorum of Kafka with one voter leaves it (KIP-595, KIP-853): each
 * start begins a new epoch in it. So Kafka can go on where Ottla stopped, and Ottla where Kafka did.
 */
export class MetadataJournal {
  #log: LogEngine | null = null
  #epoch = 0
  #end: Offset = 0n
  #snapshots: SnapshotTask | null = null
  /**
   * True where the disk may have a change that no caller was told of: then nothing may follow it before the next start.
   */
  #inDoubt = false
  /** Begins the epoch, without which nothing is appended; null once it has begun. */
  #begin: (() => Promise<void>) | null = null
  #beginning: Promise<void> | null = null
  /** The journal as the log knows it. */
  readonly stored: StoredTopic

  constructor(private readonly surroundings: SnapshotSurroundings) {
    const { config } = surroundings
    this.stored = {
      name: metadataTopic,
      partitionCount: 1,
      leaderEpoch: () => this.#epoch,
      settings: config.topicSettings(
        new Map([
          ['retention.ms', '-1'],
          ['retention.bytes', '-1'],
          ['max.message.bytes', String(mostBatchBytes)],
          ['flush.messages', '1'],
          ['segment.bytes', config.string('metadata.log.segment.bytes')],
          ['segment.ms', config.string('metadata.log.segment.ms')],
        ]),
      ),
    }
  }

  /**
   * Hands over the facts that still count of all that was ever kept, then begins an epoch. The caller has to exhaust it
   * before anything is appended. Throws DamagedMetadata, and has changed nothing then. Where the disk is full the epoch
   * begins later.
   */
  async *open(log: JournalEngine, home: JournalHome): AsyncGenerator<Iterable<MetadataFact>> {
    const { files, directory } = home
    const { logger } = this.surroundings
    const folder = `${directory}/${names.metadataFolder}`
    this.#log = log
    let damagedSnapshots = 0
    const snapshot = newestSnapshot(files, folder, message => {
      damagedSnapshots += 1
      logger.warn(message)
    })
    const from = snapshot?.endOffset ?? 0n
    const kept = new KeptRecords()
    const inSnapshot = new MetadataReplay(snapshot?.path ?? '')
    for (const batch of snapshot?.batches ?? []) keep(kept, inSnapshot.records(batch))
    const replay = new MetadataReplay(`The metadata journal ${folder}`)
    const batches = journalBatches(files, folder, from)
    let next = batches.next()
    let bytes = 0
    for (; !next.done; next = batches.next()) {
      bytes += next.value.length
      keep(kept, replay.records(next.value, from))
    }
    yield kept.facts()
    const end = next.value
    mustBeBelieved(end, { folder, hasSnapshot: snapshot !== null, found: log })
    mustReach(end, { folder, reached: reachedBefore(files, folder) })
    this.#rename(files, folder)
    this.#end = end.endOffset
    this.#snapshots = new SnapshotTask(this.surroundings, {
      ...{ files, folder },
      end: () => ({ endOffset: this.#end, epoch: this.#epoch }),
      dropBefore: offset => only(log.deleteRecords([{ target, offset }])),
    })
    const lastEpoch = Math.max(end.lastEpoch, snapshot?.epoch ?? -1)
    const epoch = Math.max(this.#epochSaid(files, folder), lastEpoch, 0) + 1
    const isFirst = await this.#isFirst(log, end)
    this.#begin = async () => {
      await this.#lead(home, folder, epoch, isFirst)
      if (replay.isOpen) await this.#write(factBatch([abortTransaction], this.#nowMs))
      this.#snapshots?.grown(bytes)
      if (damagedSnapshots > 0) this.#snapshots?.write() // takes the place of those, for Apache Kafka too
    }
    await this.begin().catch(async thrown => {
      if (!(await this.lacksRoom(directory, thrown))) throw thrown
    })
  }

  /** Begins the epoch of this start, unless it has begun. Throws as long as the disk has no room for that. */
  begin(): Promise<void> {
    if (!this.#begin) return Promise.resolve()
    this.#beginning ??= this.#begin()
      .then(() => {
        this.#begin = null
      })
      .finally(() => {
        this.#beginning = null
      })
    return this.#beginning
  }

  /** Tells whether the change that was refused may succeed when the disk has room. */
  async lacksRoom(directory: string, thrown: unknown): Promise<boolean> {
    if (thrown instanceof StorageFault) return isFull(thrown)
    if (!(thrown instanceof KafkaError) || this.#inDoubt || !this.#log) return false
    const [answer] = await this.#log.checkLogDirs([directory])
    return answer === null
  }

  /** Resolves when nothing is written in the background any more. */
  async close(): Promise<void> {
    await this.#snapshots?.stop()
  }

  /**
   * Keeps facts as one batch. Throws KAFKA_STORAGE_ERROR where the disk did not take it, or did not confirm it: then it
   * is not known whether the next start finds it, and nothing is taken any more until then. Throws
   * RECORD_LIST_TOO_LARGE for more than a batch of the journal may hold; Apache Kafka answers that with
   * UNKNOWN_SERVER_ERROR, and no more.
   */
  async append(values: readonly Buffer[]): Promise<void> {
    const bytes = factBatch(values, this.#nowMs)
    if (bytes.length > mostBatchBytes) throw tooLarge(bytes.length)
    await this.begin().catch(thrown => {
      if (!(thrown instanceof StorageFault)) throw thrown
      throw new KafkaError('KAFKA_STORAGE_ERROR', thrown.message)
    })
    await this.#write(bytes)
  }

  /** Writes the journal's fixed id anew into a folder that has another one, and was damaged. */
  #rename(files: Files, folder: string): void {
    if (basesIn(files, folder).length === 0 || readOwner(files, folder) === journalId) return
    const path = `${folder}/${names.partitionMetadata}`
    this.surroundings.logger.warn(
      `${path} did not tell that the folder is the metadata journal's, and is written anew.`,
    )
    try {
      files.writeFileDurably(path, ownerFile(journalId))
    } catch (thrown) {
      if (!isFull(thrown)) throw thrown // the folder's name tells it, and the next start writes it
    }
  }

  /** Begins an epoch as a leader of Kafka does: first it saves the epoch that it leads, then it tells all readers. */
  async #lead(
    { files, identity }: JournalHome,
    folder: string,
    epoch: number,
    isFirst: boolean,
  ): Promise<void> {
    const { nodeId, directoryId } = identity
    if (this.#epoch !== epoch) saveEpoch(files, folder, { leaderId: nodeId, leaderEpoch: epoch })
    this.#epoch = epoch
    const self = {
      voterId: nodeId,
      voterDirectoryId: directoryId,
      endpoints: [unusedEndpoint],
      kRaftVersionFeature: { minSupportedVersion: 0, maxSupportedVersion: 1 },
    }
    const voters = isFirst ? [self] : null
    await this.#write(buildEpochBatch({ nodeId, timestampMs: this.#nowMs, voters }))
  }

  async #isFirst(log: LogEngine, end: JournalEnd): Promise<boolean> {
    const { endOffset } = end
    const { highWatermark } = await only(log.bounds([target]))
    const [atEnd] = await log.readable([{ target, offset: endOffset, maxBytes: 1 }], 'log_end')
    if (atEnd?.kind !== 'readable' || atEnd.bytes > 0) {
      throw new Error(`the metadata journal ends at ${endOffset}, and its log elsewhere (${highWatermark})`)
    }
    return endOffset === 0n
  }

  /** The last epoch by its own file. The batches tell the same, except for an epoch that was begun and not written. */
  #epochSaid(files: Files, folder: string): number {
    const epoch = readEpoch(files, folder)
    if (epoch === null) {
      this.surroundings.logger.warn(
        `${folder}/quorum-state is damaged, and written anew by what the journal tells.`,
      )
    }
    return epoch ?? 0
  }

  async #write(bytes: Buffer): Promise<void> {
    if (!this.#log) throw new Error('the metadata journal is used before open()')
    if (this.#inDoubt) throw new KafkaError('KAFKA_STORAGE_ERROR', inDoubt)
    const [result] = await this.#log.append([{ target, bytes, fence: this.#epoch }], {
      acks: -1,
      timeoutMs: Infinity,
    })
    if (result?.kind === 'appended') {
      this.#end = lastOffset(bytes) + 1n
      this.#snapshots?.grown(bytes.length)
      return
    }
    this.#inDoubt = result?.kind === 'unknown'
    const why = result && 'message' in result ? ` (${result.message})` : ''
    throw new KafkaError(
      'KAFKA_STORAGE_ERROR',
      this.#inDoubt ? inDoubt : `The metadata journal could not be written${why}.`,
    )
  }

  get #nowMs(): bigint {
    return BigInt(this.surroundings.clock.now())
  }
}

const abortTransaction = encodeFact({ kind: 'abortTransaction', value: {} })

const factBatch = (values: readonly Buffer[], timestampMs: bigint): Buffer =>
  buildPlainBatch({ records: values.map(value => ({ timestampMs, key: null, value, headers: [] })) })

function keep(kept: KeptRecords, records: Iterable<MetadataRecord>): void {
  for (const record of records) kept.take(record)
}

const tooLarge = (bytes: number) =>
  new KafkaError(
    'RECORD_LIST_TOO_LARGE',
    `The change takes ${bytes} bytes of the metadata journal, and one may take ${mostBatchBytes}.`,
  )

const inDoubt = 'The disk did not confirm the metadata journal; nothing is changed before the next start.'
