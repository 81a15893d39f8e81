import { buildPlainBatch } from '../records/record-batch.js'
import {
  array,
  type DraftOf,
  int16,
  int32,
  int64,
  message,
  string,
  struct,
  uint16,
  uuid,
} from '../wire/schema.js'
import { encodeMessage } from '../wire/stored-message.js'

/** The record of the journal's leader from here on, and of the nodes that chose it (KIP-595). */
const leaderChange = message({
  name: 'LeaderChangeMessage',
  versions: [0, 0],
  flexibleSince: 0,
  fields: () => ({
    leaderId: int32,
    voters: array({ voterId: int32 }),
    grantingVoters: array({ voterId: int32 }),
  }),
})

/**
 * The record of the quorum's version. In version 1 the journal itself names the voters, not each server's configuration
 * (KIP-853).
 */
const kraftVersion = message({
  name: 'KRaftVersionRecord',
  versions: [0, 0],
  flexibleSince: 0,
  fields: () => ({
    kRaftVersion: int16,
  }),
})

/** The record of the voters from here on, each with the data directory of its copy (KIP-853). */
const voters = message({
  name: 'VotersRecord',
  versions: [0, 0],
  flexibleSince: 0,
  fields: () => ({
    voters: array({
      voterId: int32,
      voterDirectoryId: uuid,
      endpoints: array({
        name: string,
        host: string,
        port: uint16,
      }),
      kRaftVersionFeature: struct({
        minSupportedVersion: int16,
        maxSupportedVersion: int16,
      }),
    }),
  }),
})

/** The record that a snapshot begins with (KIP-630). */
const snapshotHeader = message({
  name: 'SnapshotHeaderRecord',
  versions: [0, 0],
  flexibleSince: 0,
  fields: () => ({
    lastContainedLogTimestamp: int64,
  }),
})

/** The record that a snapshot ends with where it is whole. */
const snapshotFooter = message({
  name: 'SnapshotFooterRecord',
  versions: [0, 0],
  flexibleSince: 0,
  fields: () => ({}),
})

/** The types that the key of a control record tells (Kafka's ControlRecordType): `int16 version (0) | int16 type`. */
export const controlTypes = {
  leaderChange: 2,
  snapshotHeader: 3,
  snapshotFooter: 4,
  kraftVersion: 5,
  voters: 6,
} as const
const types = controlTypes
const version = 0

/** The type of a control record; null for a key that no control record has. */
export const typeOfControl = (key: Buffer | null): number | null =>
  key !== null && key.length >= 4 ? key.readInt16BE(2) : null

export interface EpochBeginning {
  readonly nodeId: number
  readonly timestampMs: bigint
  /** The voters, in a journal that is new; null otherwise. */
  readonly voters: DraftOf<typeof voters>['voters'] | null
}

/** The control batch that begins an epoch; the one of a new journal also tells who votes. */
export function buildEpochBatch({ nodeId, timestampMs, voters: given }: EpochBeginning): Buffer {
  const all = [{ voterId: nodeId }]
  const leader = { leaderId: nodeId, voters: all, grantingVoters: all }
  const records: ControlRecord[] = [[types.leaderChange, encodeMessage(leaderChange, version, leader)]]
  if (given) {
    records.push([types.kraftVersion, encodeMessage(kraftVersion, version, { kRaftVersion: 1 })])
    records.push([types.voters, encodeMessage(voters, version, { voters: given })])
  }
  return controlBatch(records, timestampMs, {})
}

/** The quorum as the journal describes it: the newest record of each type, as it stands there. */
export type QuorumFacts = ReadonlyMap<number, Buffer>

/** The types of which a snapshot has to keep the newest record. */
export const keptControls: ReadonlySet<number> = new Set([types.kraftVersion, types.voters])

interface Place {
  readonly baseOffset: bigint
  readonly leaderEpoch: number
}

/** The control batch that a snapshot begins with: it tells the time of the last record, and describes the quorum. */
export function buildSnapshotHeader(lastTimestampMs: bigint, quorum: QuorumFacts, place: Place): Buffer {
  const header = encodeMessage(snapshotHeader, version, { lastContainedLogTimestamp: lastTimestampMs })
  const kept = [types.kraftVersion, types.voters].flatMap((type): ControlRecord[] => {
    const value = quorum.get(type)
    return value ? [[type, value]] : []
  })
  return controlBatch([[types.snapshotHeader, header], ...kept], lastTimestampMs, place)
}

/** The control batch that a snapshot ends with. */
export const buildSnapshotFooter = (timestampMs: bigint, place: Place): Buffer =>
  controlBatch([[types.snapshotFooter, encodeMessage(snapshotFooter, version, {})]], timestampMs, place)

type ControlRecord = readonly [type: number, value: Buffer]

function controlBatch(records: readonly ControlRecord[], timestampMs: bigint, place: Partial<Place>): Buffer {
  return buildPlainBatch({
    ...place,
    records: records.map(([type, value]) => ({ timestampMs, key: keyOf(type), value, headers: [] })),
    control: true,
  })
}

function keyOf(type: number): Buffer {
  const key = Buffer.alloc(4)
  key.writeInt16BE(version, 0)
  key.writeInt16BE(type, 2)
  return key
}
