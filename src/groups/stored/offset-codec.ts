import { readInt64, writeInt64 } from '../../wire/int64.js'
import { decodeMessage, encodeMessage } from '../../wire/stored-message.js'
import { offsetCommitKey, offsetCommitValue } from './group-records.js'

type Key = ReturnType<typeof decodeKey>
type Value = ReturnType<typeof decodeValue>

const decodeKey = (bytes: Buffer) => decodeMessage(offsetCommitKey, bytes)
const encodeKey = (group: string, topic: string, partition: number) =>
  encodeMessage(offsetCommitKey, 0, { group, topic, partition })
const decodeValue = (bytes: Buffer) => decodeMessage(offsetCommitValue, bytes)

/** The version that all brokers of today write, and the places of its fields. */
const newest = 4
const at = { offset: 2, leaderEpoch: 10, metadataLength: 14, metadata: 15 } as const
/** The least length that takes more than one byte. */
const longLength = 0x80
const timestampBytes = 8
const partitionBytes = 4
const idBytes = 16
/** The bytes that begin the one tagged field, of tag 0 and 16 bytes. */
const tagOfId = 0x01_00_10
const tagBytes = 3
const noTopicId = 'AAAAAAAAAAAAAAAAAAAAAA'

/** The number of keys whose names are remembered: a partition of the journal seldom has more groups at work. */
const mostKeys = 1000

/**
 * Reads committed offsets as `decodeMessage` does, and writes them as `encodeMessage` does, only several times faster:
 * a broker may have a million of them to read before it can answer, and 10,000 to write in one turn. Most of them name
 * a group, a topic and a topic id that were named before; the same strings, or bytes, are used for these again.
 */
export class OffsetCodec {
  /** The keys by their bytes up to the partition. */
  readonly #keys = new Map<string, Key>()
  #idBytes = Buffer.alloc(idBytes)
  #id = noTopicId
  /** The key that was written last. */
  #written = { group: '', topic: '', bytes: encodeKey('', '', 0) }

  /** Writes the key of an offset. */
  writeKey(group: string, topic: string, partition: number): Buffer {
    const last = this.#written
    if (last.group !== group || last.topic !== topic) {
      this.#written = { group, topic, bytes: encodeKey(group, topic, partition) }
      return this.#written.bytes
    }
    const key = Buffer.allocUnsafe(last.bytes.length)
    key.set(last.bytes)
    key.writeInt32BE(partition, key.length - partitionBytes)
    return key
  }

  /** Writes an offset in the newest version. */
  writeValue(value: Value): Buffer {
    const length = value.metadata === '' ? 0 : Buffer.byteLength(value.metadata)
    if (length + 1 >= longLength) return encodeMessage(offsetCommitValue, newest, value)
    const hasId = value.topicId !== noTopicId
    const metadataEnd = at.metadata + length
    const tags = metadataEnd + timestampBytes
    const bytes = Buffer.allocUnsafe(tags + (hasId ? tagBytes + idBytes : 1))
    bytes.writeInt16BE(newest, 0)
    writeInt64(bytes, value.offset, at.offset)
    bytes.writeInt32BE(value.leaderEpoch, at.leaderEpoch)
    bytes[at.metadataLength] = length + 1
    if (length > 0) bytes.write(value.metadata, at.metadata, length, 'utf8')
    writeInt64(bytes, value.commitTimestamp, metadataEnd)
    if (!hasId) {
      bytes[tags] = 0
      return bytes
    }
    bytes.writeUIntBE(tagOfId, tags, tagBytes)
    if (this.#id !== value.topicId) {
      this.#id = value.topicId
      this.#idBytes = Buffer.from(value.topicId, 'base64url')
    }
    bytes.set(this.#idBytes, tags + tagBytes)
    return bytes
  }

  key(bytes: Buffer): Key {
    const end = bytes.length - partitionBytes
    const names = bytes.toString('latin1', 0, end)
    const known = this.#keys.get(names)
    if (known) return { group: known.group, topic: known.topic, partition: bytes.readInt32BE(end) }
    const key = decodeKey(bytes)
    if (keyLength(bytes) === bytes.length) this.#remember(names, key)
    return key
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
      offset: readInt64(bytes, at.offset),
      leaderEpoch: bytes.readInt32BE(at.leaderEpoch),
      metadata: length > 1 ? bytes.toString('utf8', at.metadata, metadataEnd) : '',
      commitTimestamp: readInt64(bytes, metadataEnd),
      expireTimestamp: -1n,
      topicId: hasId ? this.#idAt(bytes, tags + tagBytes) : noTopicId,
    }
  }

  #remember(names: string, key: Key): void {
    if (this.#keys.size === mostKeys) this.#keys.clear()
    this.#keys.set(names, key)
  }

  #idAt(bytes: Buffer, start: number): string {
    if (!holdsAt(bytes, start, this.#idBytes)) {
      this.#idBytes = Buffer.from(bytes.subarray(start, start + idBytes))
      this.#id = this.#idBytes.toString('base64url')
    }
    return this.#id
  }
}

function keyLength(bytes: Buffer): number {
  const topicAt = 4 + bytes.readInt16BE(2)
  return topicAt + 2 + bytes.readInt16BE(topicAt) + partitionBytes
}

/** Compares bytes as `compare` does, which takes longer to call than so few bytes take to compare. */
function holdsAt(bytes: Buffer, start: number, wanted: Buffer): boolean {
  for (let i = 0; i < wanted.length; i++) if (bytes[start + i] !== wanted[i]) return false
  return true
}
