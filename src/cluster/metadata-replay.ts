import type { LogEngine, Offset, TopicPartition } from '../engine/log-engine.js'
import { decodePlainRecords, isControl, lastOffset, splitBatches } from '../wire/record-batch.js'
import { decodeFact, type MetadataFact } from './metadata-serde.js'
import type { MetadataSnapshot } from './metadata-snapshot.js'

const readBytes = 1 << 20

/**
 * All that the metadata journal says, in order and many facts at a time: the snapshot stands for everything
 * before it. Of the controller's own transactions (KIP-868) only those that ended count.
 */
export async function* storedFacts(
  log: LogEngine,
  journal: TopicPartition,
  snapshot: MetadataSnapshot | null,
): AsyncGenerator<readonly MetadataFact[]> {
  if (snapshot) yield [...factsIn(snapshot.batches, 0n)]
  let open: MetadataFact[] | null = null
  for await (const facts of journalFacts(log, journal, snapshot?.endOffset ?? 0n)) {
    let settled: MetadataFact[] = []
    for (const fact of facts) {
      if (fact.kind === 'beginTransaction') open = []
      else if (fact.kind === 'abortTransaction') open = null
      else if (fact.kind === 'endTransaction') {
        settled = settled.concat(open ?? [])
        open = null
      } else (open ?? settled).push(fact)
    }
    yield settled
  }
}

async function* journalFacts(
  log: LogEngine,
  journal: TopicPartition,
  from: Offset,
): AsyncGenerator<Iterable<MetadataFact>> {
  const { logStartOffset, highWatermark } = log.bounds(journal)
  if (from < logStartOffset) {
    throw new Error(
      `the metadata journal begins at offset ${logStartOffset}, and no snapshot tells what was before`,
    )
  }
  let offset = from
  while (offset < highWatermark) {
    const [result] = await log.read([{ target: journal, offset, maxBytes: readBytes }], {
      isolation: 'read_uncommitted',
      maxBytes: readBytes,
    })
    if (result?.kind !== 'read' || result.bytes === 0) {
      throw new Error(`the metadata journal cannot be read at offset ${offset}`)
    }
    const batches = result.batches.flatMap(splitBatches)
    yield factsIn(batches, from)
    offset = lastOffset(batches.at(-1) as Buffer) + 1n
  }
}

/** Control batches speak of the quorum: who leads and votes. */
function* factsIn(batches: readonly Buffer[], from: Offset): Generator<MetadataFact> {
  for (const batch of batches) {
    if (isControl(batch)) continue
    for (const { offset, value } of decodePlainRecords(batch)) {
      const fact = value === null || offset < from ? null : decodeFact(value)
      if (fact) yield fact
    }
  }
}
