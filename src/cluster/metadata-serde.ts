import { Reader } from '../wire/reader.js'
import { type Dialect, type DraftOf, dialectOf, type ValueOf } from '../wire/schema.js'
import { Writer } from '../wire/writer.js'
import {
  abortTransactionRecord,
  beginTransactionRecord,
  configRecord,
  endTransactionRecord,
  featureLevelRecord,
  partitionChangeRecord,
  partitionRecord,
  producerIdsRecord,
  registerBrokerRecord,
  removeTopicRecord,
  topicRecord,
} from './records.js'

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
  featureLevel: { key: 12, version: 0, message: featureLevelRecord },
  producerIds: { key: 15, version: 0, message: producerIdsRecord },
  beginTransaction: { key: 23, version: 0, message: beginTransactionRecord },
  endTransaction: { key: 24, version: 0, message: endTransactionRecord },
  abortTransaction: { key: 25, version: 0, message: abortTransactionRecord },
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

export function encodeFact(fact: MetadataDraft): Buffer {
  const { key, version, message } = kinds[fact.kind]
  const writer = new Writer()
  writer.unsignedVarint(frameVersion)
  writer.unsignedVarint(key)
  writer.unsignedVarint(version)
  const body: { write(writer: Writer, value: never, dialect: Dialect): void } = message.body
  body.write(writer, fact.value as never, dialectOf(message, version))
  return writer.finish()
}

/** Null for a record of a type that does not concern Ottla: Kafka writes more of them. */
export function decodeFact(bytes: Buffer): MetadataFact | null {
  const reader = new Reader(bytes)
  const frame = reader.unsignedVarint()
  if (frame !== frameVersion) throw new Error(`a metadata record of frame version ${frame}`)
  const key = reader.unsignedVarint()
  const version = reader.unsignedVarint()
  const found = kindsByKey.get(key)
  if (!found) return null
  const { kind, message } = found
  return { kind, value: message.body.read(reader, dialectOf(message, version)) } as MetadataFact
}
