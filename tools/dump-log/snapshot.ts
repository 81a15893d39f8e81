import { readFileSync } from 'node:fs'
import { decodeSnapshot } from '../../src/log/producer-snapshot-file.js'
import { complain, type Line, tell } from './line.js'
import { counted, time } from './words.js'

/** Tells the producers that a .snapshot file remembers. */
export function* snapshotInWords(path: string): Generator<Line> {
  const producers = decodeSnapshot(readFileSync(path))
  if (!producers) {
    yield complain('its version is not 1, or its checksum does not hold')
    return
  }
  for (const { producerId, epoch, batches, lastTimestampMs, transactionStart } of producers) {
    const last = batches.at(-1)
    const said = [
      `producer ${producerId} in epoch ${epoch}`,
      last
        ? `last sequence ${last.lastSequence} at offset ${last.lastOffset}`
        : 'no batch that could come again',
      `last seen ${time(lastTimestampMs)}`,
      ...(transactionStart === null ? [] : [`a transaction open since offset ${transactionStart}`]),
    ]
    yield tell(said.join(', '))
  }
  yield tell(counted(producers.length, 'producer'))
}
