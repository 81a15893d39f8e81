import { createPartitions } from '../../../src/wire/apis/create-partitions.js'
import { deleteTopics } from '../../../src/wire/apis/delete-topics.js'
import { metadata } from '../../../src/wire/apis/metadata.js'
import { unknown } from '../partition-requests.js'
import { eachVersion, type Family, scenario } from '../scenario.js'
import type { MadeTopic } from '../stage.js'

const zeroId = 'AAAAAAAAAAAAAAAAAAAAAA'
const byName = ({ name }: MadeTopic) => ({ name, topicId: zeroId })
const byId = ({ id }: MadeTopic) => ({ name: null, topicId: id })

const names = (...topics: MadeTopic[]) => ({ topicNames: topics.map(({ name }) => name), timeoutMs: 10_000 })
const deleted = (...topics: { name: string | null; topicId: string }[]) => ({ topics, timeoutMs: 10_000 })

export const deleteTopicsFamily: Family = {
  name: 'DeleteTopics',
  scenarios: [
    ...eachVersion(
      deleteTopics,
      'a topic is deleted, and then is not there',
      async (at, version) => {
        const topic = await at.topic()
        await at.ask(deleteTopics, version, names(topic))
        await at.ask(deleteTopics, version, names(topic))
      },
      { versions: [1, 2, 3, 4, 5] },
    ),
    scenario('a topic is deleted by its name, in version 6', async at => {
      const topic = await at.topic()
      await at.ask(deleteTopics, 6, deleted(byName(topic)))
      await at.ask(deleteTopics, 6, deleted(byName(topic)))
    }),
    scenario('a topic is deleted by its id, in version 6', async at => {
      const topic = await at.topic()
      await at.ask(deleteTopics, 6, deleted(byId(topic)))
      await at.ask(deleteTopics, 6, deleted(byId(topic)))
    }),
    ...[1, 3, 5].map(version =>
      scenario(`an unknown topic is UNKNOWN_TOPIC_OR_PARTITION in version ${version}`, async at => {
        const topic = await at.topic()
        await at.ask(deleteTopics, version, names(unknown, topic))
      }),
    ),
    scenario('an unknown id is UNKNOWN_TOPIC_ID', async at => {
      await at.ask(deleteTopics, 6, deleted(byId(unknown), byName(await at.topic())))
    }),
    scenario('a name and an id are INVALID_REQUEST', async at => {
      const topic = await at.topic()
      await at.ask(deleteTopics, 6, deleted({ name: topic.name, topicId: topic.id }))
    }),
    scenario('neither a name nor an id is INVALID_REQUEST', async at => {
      await at.ask(deleteTopics, 6, deleted({ name: null, topicId: zeroId }))
    }),
    scenario('the same name twice is INVALID_REQUEST', async at => {
      const topic = await at.topic()
      await at.ask(deleteTopics, 6, deleted(byName(topic), byName(topic)))
      await at.ask(metadata, 12, { topics: [{ name: topic.name }], allowAutoTopicCreation: false })
    }),
    scenario('the same id twice is INVALID_REQUEST', async at => {
      const topic = await at.topic()
      await at.ask(deleteTopics, 6, deleted(byId(topic), byId(topic)))
    }),
    scenario('the same topic by name and by id is INVALID_REQUEST', async at => {
      const topic = await at.topic()
      await at.ask(deleteTopics, 6, deleted(byName(topic), byId(topic)))
      await at.ask(metadata, 12, { topics: [{ name: topic.name }], allowAutoTopicCreation: false })
    }),
    scenario('an unknown name twice', async at => {
      await at.ask(deleteTopics, 6, deleted(byName(unknown), byName(unknown)))
    }),
    scenario('an unknown id twice', async at => {
      await at.ask(deleteTopics, 6, deleted(byId(unknown), byId(unknown)))
    }),
    scenario('the same name twice, in version 5', async at => {
      const topic = await at.topic()
      await at.ask(deleteTopics, 5, names(topic, topic))
    }),
    ...['', 'no good name!'].map(name =>
      scenario(`the name '${name}'`, async at => {
        await at.ask(deleteTopics, 6, deleted({ name, topicId: zeroId }))
        await at.ask(deleteTopics, 5, { topicNames: [name], timeoutMs: 1000 })
      }),
    ),
    scenario('no topics', async at => {
      await at.ask(deleteTopics, 6, deleted())
      await at.ask(deleteTopics, 5, names())
    }),
    scenario('several of each kind', async at => {
      const [one, two, three] = [await at.topic(), await at.topic(), await at.topic()]
      await at.ask(
        deleteTopics,
        6,
        deleted(byName(one), byId(two), byName(unknown), byId(unknown), byName(three), byName(three)),
      )
    }),
  ],
}

interface Growth {
  readonly name: string
  readonly count: number
  readonly assignments?: readonly (readonly number[])[] | null
}

const grown = (...topics: Growth[]) => ({
  topics: topics.map(({ assignments = null, ...rest }) => ({
    ...rest,
    assignments: assignments?.map(brokerIds => ({ brokerIds })) ?? null,
  })),
  timeoutMs: 10_000,
  validateOnly: false,
})

const refused = (sentence: string, wanted: Omit<Growth, 'name'>, partitions = 2) =>
  scenario(sentence, async at => {
    const { name } = await at.topic({ partitions })
    await at.ask(createPartitions, 3, grown({ name, ...wanted }))
  })

export const createPartitionsFamily: Family = {
  name: 'CreatePartitions',
  scenarios: [
    ...eachVersion(createPartitions, 'a topic grows', async (at, version) => {
      const { name } = await at.topic({ partitions: 2 })
      await at.ask(createPartitions, version, grown({ name, count: 4 }))
      await at.led(name, 4)
      await at.ask(metadata, 12, { topics: [{ name }], allowAutoTopicCreation: false })
    }),
    ...eachVersion(createPartitions, 'validate only', async (at, version) => {
      const { name } = await at.topic({ partitions: 2 })
      await at.ask(createPartitions, version, { ...grown({ name, count: 4 }), validateOnly: true })
      await at.ask(createPartitions, version, { ...grown({ name, count: 1 }), validateOnly: true })
      await at.ask(metadata, 12, { topics: [{ name }], allowAutoTopicCreation: false })
    }),
    ...[2, 1, 0, -1].map(count =>
      refused(`${count} partitions instead of 2 are INVALID_PARTITIONS`, { count }),
    ),
    ...[0, 3].map(version =>
      scenario(`an unknown topic is UNKNOWN_TOPIC_OR_PARTITION in version ${version}`, async at => {
        const { name } = await at.topic()
        await at.ask(createPartitions, version, grown({ name: unknown.name, count: 3 }, { name, count: 2 }))
      }),
    ),
    ...['', 'no good name!'].map(name =>
      scenario(`the name '${name}'`, async at => {
        await at.ask(createPartitions, 3, grown({ name, count: 3 }))
      }),
    ),
    scenario('the same topic twice is INVALID_REQUEST', async at => {
      const [{ name }, other] = [await at.topic(), await at.topic()]
      await at.ask(
        createPartitions,
        3,
        grown({ name, count: 3 }, { name, count: 4 }, { name: other.name, count: 2 }),
      )
    }),
    scenario('no topics', async at => {
      await at.ask(createPartitions, 3, grown())
    }),
    scenario('an assignment by hand', async at => {
      const { name } = await at.topic()
      await at.ask(createPartitions, 3, grown({ name, count: 3, assignments: [[0], [0]] }))
      await at.led(name, 3)
    }),
    refused('too few assignments', { count: 4, assignments: [[0]] }),
    refused('too many assignments', { count: 3, assignments: [[0], [0]] }),
    refused('no assignments at all', { count: 3, assignments: [] }),
    refused('an assignment to nobody', { count: 3, assignments: [[]] }),
    refused('an assignment to a node that is not there', { count: 3, assignments: [[9]] }),
    refused('an assignment to a negative node', { count: 3, assignments: [[-1]] }),
    refused('an assignment to the same node twice', { count: 3, assignments: [[0, 0]] }),
    refused('an assignment to more nodes than before', { count: 3, assignments: [[0, 1]] }),
    refused('assignments of unequal numbers of replicas', { count: 4, assignments: [[0], [0, 1]] }),
    refused('a bad assignment and too few partitions', { count: 1, assignments: [[9]] }),
  ],
}

/** Kafka's controller resigns over it and makes nothing for a minute, so it comes after all others. */
export const tooManyPartitionsFamily: Family = {
  name: 'CreatePartitions beyond all bounds',
  scenarios: [refused('more partitions than one request may make', { count: 10_100 })],
}
