import { Reader } from '../wire/reader.js'
import { type Dialect, type DraftOf, dialectOf, type ValueOf } from '../wire/schema.js'
import { Writer } from '../wire/writer.js'
import { clientQuotaRecord } from './client-quota-record.js'
import {
  abortTransactionRecord,
  beginTransactionRecord,
  clearElrRecord,
  configRecord,
  endTransactionRecord,
  featureLevelRecord,
  partitionChangeRecord,
  partitionRecord,
  producerIdsRecord,
  registerBrokerRecord,
  removeTopicRecord,
  topicRecord,
} from './metadata-records.js'
import { removeUserScramCredentialRecord, userScramCredentialRecord } from './scram-records.js'

/**
 * The facts of the metadata journal, framed as Kafka's MetadataRecordSerde does it:
 *
 *     varint frame version (1) | varint record type | varint record version | record
 */
const kinds = {
  registerBroker: { key: 0, version: 4, message: registerBrokerRecord },
  topic: { key: 2, version: 0, message: topicRecord },
  partition: { key: 3, version: 1, message: partitionRecord },
  config: { key: 4, version: 0, message: configRecord },
  partitionChange: { key: 5, version: 2, message: partitionChangeRecord },
  removeTopic: { key: 9, version: 0, message: removeTopicRecord },
  scramCredential: { key: 11, version: 0, message: userScramCredentialRecord },
  featureLevel: { key: 12, version: 0, message: featureLevelRecord },
  clientQuota: { key: 14, version: 0, message: clientQuotaRecord },
  producerIds: { key: 15, version: 0, message: producerIdsRecord },
  removeScramCredential: { key: 22, version: 0, message: removeUserScramCredentialRecord },
  beginTransaction: { key: 23, version: 0, message: beginTransactionRecord },
  endTransaction: { key: 24, version: 0, message: endTransactionRecord },
  abortTransaction: { key: 25, version: 0, message: abortTransactionRecord },
  clearElr: { key: 28, version: 0, message: clearElrRecord },
} as const

type Kinds = typeof kinds
const kindsByKey = new Map(
  Object.entries(kinds).map(([kind, { key, message }]) => [key as number, { kind, message }]),
)

export type MetadataDraft = {
  [K in keyof Kinds]: { kind: K; value: DraftOf<Kinds[K]['message']> }
}[keyof Kinds]
export type MetadataFact = {
  [K in keyof Kinds]: { kind: K; value: ValueOf<Kinds[K]['message']> }
}[keyof Kinds]

const frameVersion = 1

/** Encodes a fact in the version that Ottla writes, unless another is asked for. */
export function encodeFact(fact: MetadataDraft, version: number = kinds[fact.kind].version): Buffer {
  const { key, message } = kinds[fact.kind]
  const writer = new Writer()
  writer.unsignedVarint(frameVersion)
  writer.unsignedVarint(key)
  writer.unsignedVarint(version)
  const body: { write(writer: Writer, value: never, dialect: Dialect): void } = message.body
  body.write(writer, fact.value as never, dialectOf(message, version))
  return writer.finish()
}

/** A record of the journal as its frame tells of it, also of a type that Ottla does not know. */
export interface RecordFrame {
  /** The number of the record's type. */
  readonly key: number
  readonly version: number
  /** A reader that stands at the beginning of the record itself. */
  readonly body: Reader
}

/** Reads the frame of a record. Throws for a frame of another version. */
export function frameOf(bytes: Buffer): RecordFrame {
  const body = new Reader(bytes)
  const frame = body.unsignedVarint()
  if (frame !== frameVersion) throw new Error(`a metadata record of frame version ${frame}`)
  return { key: body.unsignedVarint(), version: body.unsignedVarint(), body }
}

/** Decodes a record; null for a type that does not concern Ottla, since Kafka writes more of them. */
export function decodeFact(bytes: Buffer): MetadataFact | null {
  const { key, version, body } = frameOf(bytes)
  const found = kindsByKey.get(key)
  if (!found) return null
  const { kind, message } = found
  const [least, most] = message.versions
  if (version < least || version > most) {
    throw new Error(`a ${message.name} of version ${version}, where ${most} is the newest that is known`)
  }
  return { kind, value: message.body.read(body, dialectOf(message, version)) } as MetadataFact
}
