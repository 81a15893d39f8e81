import { addOffsetsToTxn } from '../../../src/wire/apis/add-offsets-to-txn.js'
import { deleteGroups } from '../../../src/wire/apis/delete-groups.js'
import { offsetCommit } from '../../../src/wire/apis/offset-commit.js'
import { offsetDelete } from '../../../src/wire/apis/offset-delete.js'
import { offsetFetch } from '../../../src/wire/apis/offset-fetch.js'
import { txnOffsetCommit } from '../../../src/wire/apis/txn-offset-commit.js'
import { ConsumerMember } from '../consumer-member.js'
import { GroupMember } from '../group-member.js'
import { unknown } from '../partition-requests.js'
import { Producer, verifiedAlone } from '../producer.js'
import { eachVersion, type Family, scenario } from '../scenario.js'
import type { MadeTopic, Stage } from '../stage.js'

const nobody = 987_654_321n
const stranger = 'raw-00000000-0000-0000-0000-000000000000'
const bothVersions = [1, 2] as const

/** Asks for the offset of partition 0, with and without requiring a stable one. */
async function fetched(at: Stage, groupId: string, topics: readonly MadeTopic[]): Promise<void> {
  const wanted = topics.map(({ name }) => ({ name, partitionIndexes: [0] }))
  for (const requireStable of [false, true]) {
    await at.ask(offsetFetch, 7, { groupId, topics: wanted, requireStable })
  }
}

/** Commits an offset outside of any transaction. */
const committed = (at: Stage, groupId: string, { name }: MadeTopic, committedOffset: bigint) =>
  at.quietly(offsetCommit, 8, {
    groupId,
    memberId: '',
    topics: [{ name, partitions: [{ partitionIndex: 0, committedOffset }] }],
  })

export const addOffsetsToTxnFamily: Family = {
  name: 'AddOffsetsToTxn',
  scenarios: [
    ...eachVersion(addOffsetsToTxn, 'a group is added, twice', async (at, version) => {
      const [producer, group] = [await Producer.started(at, 1), at.name()]
      await producer.addGroup(group, { version })
      await producer.addGroup(group, { version })
      await producer.finish(true)
    }),
    ...eachVersion(
      addOffsetsToTxn,
      'another producer is INVALID_PRODUCER_ID_MAPPING',
      async (at, version) => {
        const producer = await Producer.started(at, 1)
        await producer.addGroup(at.name(), { version, producerId: nobody })
        await new Producer(at).addGroup(at.name(), { version, producerId: nobody, epoch: 0 })
      },
    ),
    ...eachVersion(addOffsetsToTxn, 'another epoch is fenced', async (at, version) => {
      const producer = await Producer.started(at, 1)
      await producer.init()
      for (const epoch of [0, 5]) await producer.addGroup(at.name(), { version, epoch })
    }),
    ...[0, 4].flatMap(version => [
      scenario(`the empty transactional id is INVALID_REQUEST in version ${version}`, async at => {
        const producer = await Producer.started(at, 1)
        await producer.addGroup(at.name(), { version, transactionalId: '' })
      }),
      scenario(`the empty group id, in version ${version}`, async at => {
        const producer = await Producer.started(at, 1)
        await producer.addGroup('', { version })
      }),
    ]),
    scenario('a group that is added is described as a partition of its topic', async at => {
      const [topic, producer] = [await at.topic(), await Producer.started(at, 1)]
      await producer.addGroup('warm-1')
      await producer.add([topic])
      await producer.described()
      await producer.finish(false)
    }),
  ],
}

export const txnOffsetCommitFamily: Family = {
  name: 'TxnOffsetCommit',
  scenarios: [
    ...eachVersion(txnOffsetCommit, 'an offset counts when it is committed', async (at, version) => {
      const [topic, group] = [await at.topic(), at.name()]
      const producer = await Producer.started(at, version >= 5 ? 2 : 1)
      if (version < 5) await producer.addGroup(group)
      await producer.commitOffset(group, topic, { version })
      await fetched(at, group, [topic])
      await producer.finish(true)
      await fetched(at, group, [topic])
    }),
    ...bothVersions.flatMap(version => [
      scenario(`an aborted offset never counts, of transaction version ${version}`, async at => {
        const [topic, group] = [await at.topic(), at.name()]
        await committed(at, group, topic, 2n)
        const producer = await Producer.started(at, version)
        if (version === 1) await producer.addGroup(group)
        await producer.commitOffset(group, topic)
        await fetched(at, group, [topic])
        await producer.finish(false)
        await fetched(at, group, [topic])
      }),
      scenario(`the last offset of a transaction counts, of transaction version ${version}`, async at => {
        const [topic, group] = [await at.topic(), at.name()]
        const producer = await Producer.started(at, version)
        if (version === 1) await producer.addGroup(group)
        for (const offset of [5n, 7n, 6n]) await producer.commitOffset(group, topic, { offset })
        await producer.finish(true)
        await fetched(at, group, [topic])
      }),
      scenario(
        `an offset that is committed meanwhile without a transaction, of transaction version ${version}`,
        async at => {
          const [topic, group] = [await at.topic(), at.name()]
          const producer = await Producer.started(at, version)
          if (version === 1) await producer.addGroup(group)
          await producer.commitOffset(group, topic)
          await committed(at, group, topic, 9n)
          await fetched(at, group, [topic])
          await producer.finish(true)
          await fetched(at, group, [topic])
        },
      ),
      scenario(`two transactions of one group, of transaction version ${version}`, async at => {
        const [topic, other, group] = [await at.topic(), await at.topic(), at.name()]
        const [one, two] = [await Producer.started(at, version), await Producer.started(at, version)]
        for (const producer of [one, two]) if (version === 1) await producer.addGroup(group)
        await one.commitOffset(group, topic, { offset: 1n })
        await two.commitOffset(group, topic, { offset: 2n })
        await two.commitOffset(group, other, { offset: 3n })
        await fetched(at, group, [topic, other])
        await two.finish(true)
        await fetched(at, group, [topic, other])
        await one.finish(true)
        await fetched(at, group, [topic, other])
      }),
      scenario(
        `all offsets of a group with one that is pending, of transaction version ${version}`,
        async at => {
          const [topic, other, group] = [await at.topic(), await at.topic(), at.name()]
          await committed(at, group, other, 4n)
          const producer = await Producer.started(at, version)
          if (version === 1) await producer.addGroup(group)
          await producer.commitOffset(group, topic)
          for (const requireStable of [false, true]) {
            await at.ask(offsetFetch, 7, { groupId: group, topics: null, requireStable })
            for (const v of [8, 10]) {
              await at.ask(offsetFetch, v, { groups: [{ groupId: group, topics: null }], requireStable })
            }
          }
        },
      ),
    ]),
    ...[8, 9, 10].map(version =>
      scenario(
        `a pending offset is UNSTABLE_OFFSET_COMMIT in version ${version} of OffsetFetch`,
        async at => {
          const [{ name, id }, other, group] = [await at.topic(), await at.topic(), at.name()]
          const producer = await Producer.started(at)
          await producer.commitOffset(group, { name, id })
          const topics = [{ name, id }, other].map(each => ({
            name: each.name,
            topicId: each.id,
            partitionIndexes: [0],
          }))
          await at.ask(offsetFetch, version, { groups: [{ groupId: group, topics }], requireStable: true })
          await producer.finish(true)
          await at.ask(offsetFetch, version, { groups: [{ groupId: group, topics }], requireStable: true })
        },
      ),
    ),

    // Without being part of the transaction
    ...[0, 3, 4].map(version =>
      scenario(
        `a group that was not added to the transaction, in version ${version}`,
        async at => {
          const [topic, group] = [await at.topic(), at.name()]
          const producer = await Producer.started(at, 1)
          await producer.commitOffset(group, topic, { version })
          await producer.add([topic])
          await producer.commitOffset(group, topic, { version })
        },
        verifiedAlone,
      ),
    ),
    ...[0, 3, 4, 5].flatMap(version => [
      scenario(`an unknown producer, in version ${version}`, async at => {
        const producer = new Producer(at)
        await producer.commitOffset(at.name(), await at.topic(), { version, producerId: nobody, epoch: 0 })
      }),
      scenario(`another producer id, in version ${version}`, async at => {
        const producer = await Producer.started(at)
        await producer.commitOffset(at.name(), await at.topic(), { version, producerId: nobody })
      }),
      scenario(`another epoch, in version ${version}`, async at => {
        const [topic, group, producer] = [await at.topic(), at.name(), await Producer.started(at)]
        await producer.init()
        if (version < 5) await producer.addGroup(group)
        await producer.commitOffset(group, topic, { version })
        for (const epoch of [0, 6]) await producer.commitOffset(group, topic, { version, epoch })
      }),
      scenario(`the empty transactional id, in version ${version}`, async at => {
        const producer = await Producer.started(at)
        await producer.commitOffset(at.name(), await at.topic(), { version, transactionalId: '' })
        await producer.commitOffset('', await at.topic(), { version, transactionalId: '' })
        await producer.commitOffset(at.name(), unknown, { version, transactionalId: '' })
      }),
      scenario(`the empty group id, in version ${version}`, async at => {
        const producer = await Producer.started(at)
        await producer.commitOffset('', await at.topic(), { version })
      }),
      scenario(`a topic and partitions that are not there, in version ${version}`, async at => {
        const [topic, group, producer] = [await at.topic(), at.name(), await Producer.started(at)]
        if (version < 5) await producer.addGroup(group)
        await producer.commitOffset(group, unknown, { version })
        for (const partition of [3, -1]) await producer.commitOffset(group, topic, { version, partition })
        await producer.described()
      }),
      scenario(`a note that is too long is OFFSET_METADATA_TOO_LARGE in version ${version}`, async at => {
        const [topic, group, producer] = [await at.topic(), at.name(), await Producer.started(at)]
        if (version < 5) await producer.addGroup(group)
        await producer.commitOffset(group, topic, { version, metadata: 'n'.repeat(4097) })
        await producer.commitOffset(group, topic, { version, metadata: null })
        await producer.finish(true)
        await fetched(at, group, [topic])
      }),
    ]),
    ...[3, 4, 5].flatMap(version => [
      scenario(`a member commits, and a client that is none, in version ${version}`, async at => {
        const [topic, producer] = [await at.topic(), await Producer.started(at)]
        const member = new GroupMember(at, { group: at.name() })
        await member.settle()
        const { group, memberId, generationId: generation } = member
        if (version < 5) await producer.addGroup(group)
        await producer.commitOffset(group, topic, { version, memberId, generation })
        await producer.commitOffset(group, topic, { version, memberId, generation: generation + 1 })
        await producer.commitOffset(group, topic, { version, memberId })
        await producer.commitOffset(group, topic, { version, memberId: stranger, generation })
        await producer.commitOffset(group, topic, { version, memberId: stranger })
        await producer.commitOffset(group, topic, { version, generation })
        await producer.commitOffset(group, topic, { version })
      }),
      scenario(`a member of a group that is not there, in version ${version}`, async at => {
        const [topic, producer, group] = [await at.topic(), await Producer.started(at), at.name()]
        if (version < 5) await producer.addGroup(group)
        await producer.commitOffset(group, topic, { version, memberId: stranger, generation: 1 })
        await producer.commitOffset(group, topic, { version, memberId: stranger })
        await producer.commitOffset(group, topic, { version, generation: 1 })
      }),
      scenario(`a static member that was replaced is FENCED_INSTANCE_ID in version ${version}`, async at => {
        const [topic, producer] = [await at.topic(), await Producer.started(at)]
        const first = new GroupMember(at, { group: at.name(), groupInstanceId: 'one' })
        await first.settle()
        const { group, memberId, generationId: generation } = first
        if (version < 5) await producer.addGroup(group)
        const own = { version, memberId, generation, groupInstanceId: 'one' }
        await producer.commitOffset(group, topic, own)
        await new GroupMember(at, { group, groupInstanceId: 'one' }).join()
        await producer.commitOffset(group, topic, own)
        await producer.commitOffset(group, topic, { ...own, groupInstanceId: 'two' })
      }),
      scenario(`a member of a consumer group, in version ${version}`, async at => {
        const [topic, producer] = [await at.topic(), await Producer.started(at)]
        const member = await ConsumerMember.joined(at, { topics: [topic] })
        const { group, memberId, epoch: generation } = member
        if (version < 5) await producer.addGroup(group)
        const own = { version, memberId, generation }
        await producer.commitOffset(group, topic, own)
        await producer.commitOffset(group, topic, { ...own, generation: generation + 1 })
        await producer.commitOffset(group, topic, { ...own, generation: generation - 1 })
        await producer.commitOffset(group, topic, { ...own, memberId: 'nobody' })
        await producer.commitOffset(group, topic, { version })
        await producer.commitOffset(group, topic, { version, generation })
      }),
    ]),
    scenario('a member that waits for its assignment', async at => {
      const [topic, producer] = [await at.topic(), await Producer.started(at)]
      const member = new GroupMember(at, { group: at.name() })
      await member.enter()
      const { group, memberId, generationId: generation } = member
      await producer.commitOffset(group, topic, { memberId, generation })
    }),
    ...[4, 5].map(version =>
      scenario(`no topics, and a topic without partitions, in version ${version}`, async at => {
        const [{ name }, producer, groupId] = [await at.topic(), await Producer.started(at), at.name()]
        if (version < 5) await producer.addGroup(groupId)
        const { transactionalId, producerId, epoch: producerEpoch } = producer
        const request = {
          transactionalId,
          groupId,
          producerId,
          producerEpoch,
          memberId: '',
          groupInstanceId: null,
        }
        await at.ask(txnOffsetCommit, version, { ...request, topics: [] })
        await at.ask(txnOffsetCommit, version, { ...request, topics: [{ name, partitions: [] }] })
        await producer.described()
      }),
    ),
    scenario('good and bad partitions together', async at => {
      const [{ name }, producer, groupId] = [
        await at.topic({ partitions: 2 }),
        await Producer.started(at),
        at.name(),
      ]
      const partitions = [1, 5, 0].map(partitionIndex => ({
        partitionIndex,
        committedOffset: 1n,
        committedMetadata: partitionIndex === 0 ? 'n'.repeat(5000) : null,
      }))
      const { transactionalId, producerId, epoch: producerEpoch } = producer
      await at.ask(txnOffsetCommit, 5, {
        ...{ transactionalId, groupId, producerId, producerEpoch, memberId: '', groupInstanceId: null },
        topics: [
          { name: unknown.name, partitions },
          { name, partitions },
        ],
      })
    }),
    scenario('a leader epoch is kept with the offset', async at => {
      const [topic, producer, group] = [await at.topic(), await Producer.started(at), at.name()]
      await producer.commitOffset(group, topic, { leaderEpoch: 0, offset: -7n })
      await producer.finish(true)
      await fetched(at, group, [topic])
    }),
    scenario('a group with pending offsets is deleted', async at => {
      const [topic, producer, group] = [await at.topic(), await Producer.started(at), at.name()]
      await producer.commitOffset(group, topic)
      await at.ask(deleteGroups, 2, { groupsNames: [group] })
      await producer.finish(true)
      await fetched(at, group, [topic])
    }),
    scenario('an offset that is deleted with another that is pending', async at => {
      const [topic, producer, group] = [await at.topic(), await Producer.started(at), at.name()]
      await committed(at, group, topic, 3n)
      await producer.commitOffset(group, topic)
      await at.ask(offsetDelete, 0, {
        groupId: group,
        topics: [{ name: topic.name, partitions: [{ partitionIndex: 0 }] }],
      })
      await fetched(at, group, [topic])
      await producer.finish(true)
      await fetched(at, group, [topic])
    }),
  ],
}
