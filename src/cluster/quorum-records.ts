import { buildPlainBatch } from '../wire/record-batch.js'
import { array, type DraftOf, int16, int32, message, string, struct, uint16, uuid } from '../wire/schema.js'
import { encodeMessage } from '../wire/stored-message.js'

/** Who leads the journal from here on, and who chose it (KIP-595). */
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

/** 1: the voters are said in the journal itself, not in each server's configuration (KIP-853). */
const kraftVersion = message({
  name: 'KRaftVersionRecord',
  versions: [0, 0],
  flexibleSince: 0,
  fields: () => ({
    kRaftVersion: int16,
  }),
})

/** Who votes from here on, each with the data directory of its copy (KIP-853). */
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

/** What a control record's key tells (Kafka's ControlRecordType): `int16 version (0) | int16 type`. */
const types = { leaderChange: 2, kraftVersion: 5, voters: 6 } as const
const version = 0

export interface EpochBeginning {
  readonly nodeId: number
  readonly timestampMs: bigint
  /** In a journal that is new: the voters. */
  readonly voters: DraftOf<typeof voters>['voters'] | null
}

/** The control batch that begins an epoch; the one of a new journal also tells who votes. */
export function buildEpochBatch({ nodeId, timestampMs, voters: given }: EpochBeginning): Buffer {
  const all = [{ voterId: nodeId }]
  const leader = { leaderId: nodeId, voters: all, grantingVoters: all }
  const values = [[types.leaderChange, encodeMessage(leaderChange, version, leader)] as const]
  const records = [
    ...values,
    ...(given
      ? [
          [types.kraftVersion, encodeMessage(kraftVersion, version, { kRaftVersion: 1 })] as const,
          [types.voters, encodeMessage(voters, version, { voters: given })] as const,
        ]
      : []),
  ].map(([type, value]) => ({ timestampMs, key: keyOf(type), value, headers: [] }))
  return buildPlainBatch({ records, control: true })
}

function keyOf(type: number): Buffer {
  const key = Buffer.alloc(4)
  key.writeInt16BE(version, 0)
  key.writeInt16BE(type, 2)
  return key
}
