import { decodeMessage } from '../wire/stored-message.js'
import { offsetCommitKey, offsetCommitValue } from './records.js'

type Key = ReturnType<typeof decodeKey>
type Value = ReturnType<typeof decodeValue>

const decodeKey = (bytes: Buffer) => decodeMessage(offsetCommitKey, bytes)
const decodeValue = (bytes: Buffer) => decodeMessage(offsetCommitValue, bytes)

/** The version that all brokers of today write, and where its fields lie. */
const newest = 4
const at = { offset: 2, leaderEpoch: 10, metadataLength: 14, metadata: 15 } as const
/** From here on a length takes more than one byte. */
const longLength = 0x80
const timestampBytes = 8
const partitionBytes = 4
const idBytes = 16
/** One tagged field, of tag 0 and 16 bytes. */
const tagOfId = 0x01_00_10
const tagBytes = 3
const noTopicId = 'AAAAAAAAAAAAAAAAAAAAAA'

/**
 * Reads committed offsets as `decodeMessage` does, only several times faster: a broker may have a million of
 * them to read before it can answer. One after the other most often names the same group, topic and topic
 * id, which are then the same strings.
 */
export class OffsetRecords {
  #keyBytes = Buffer.alloc(0)
  #key: Key = { group: '', topic: '', partition: 0 }
  #idBytes = Buffer.alloc(idBytes)
  #id = noTopicId

  key(bytes: Buffer): Key {
    const end = bytes.length - partitionBytes
    const known = this.#keyBytes
    if (known.length !== bytes.length || bytes.compare(known, 0, end, 0, end) !== 0) {
      const key = decodeKey(bytes)
      if (keyLength(bytes) !== bytes.length) return key
      this.#keyBytes = Buffer.from(bytes)
      this.#key = key
    }
    const { group, topic } = this.#key
    return { group, topic, partition: bytes.readInt32BE(end) }
  }

  value(bytes: Buffer): Value {
    const length = bytes[at.metadataLength] ?? 0 // one more than it is
    const metadataEnd = at.metadata + length - 1
    const tags = metadataEnd + timestampBytes
    const hasId = bytes.length === tags + tagBytes + idBytes && bytes.readUIntBE(tags, tagBytes) === tagOfId
    const hasNone = bytes.length === tags + 1 && bytes[tags] === 0
    const isShort = length > 0 && length < longLength
    if (!isShort || !(hasId || hasNone) || bytes.readInt16BE(0) !== newest) return decodeValue(bytes)
    return {
      offset: bytes.readBigInt64BE(at.offset),
      leaderEpoch: bytes.readInt32BE(at.leaderEpoch),
      metadata: length > 1 ? bytes.toString('utf8', at.metadata, metadataEnd) : '',
      commitTimestamp: bytes.readBigInt64BE(metadataEnd),
      expireTimestamp: -1n,
      topicId: hasId ? this.#idAt(bytes, tags + tagBytes) : noTopicId,
    }
  }

  #idAt(bytes: Buffer, start: number): string {
    const end = start + idBytes
    if (bytes.compare(this.#idBytes, 0, idBytes, start, end) !== 0) {
      this.#idBytes = Buffer.from(bytes.subarray(start, end))
      this.#id = this.#idBytes.toString('base64url')
    }
    return this.#id
  }
}

function keyLength(bytes: Buffer): number {
  const topicAt = 4 + bytes.readInt16BE(2)
  return topicAt + 2 + bytes.readInt16BE(topicAt) + partitionBytes
}
