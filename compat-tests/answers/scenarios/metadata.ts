import { describeTopicPartitions } from '../../../src/wire/apis/describe-topic-partitions.js'
import { metadata } from '../../../src/wire/apis/metadata.js'
import { differences } from '../differences.js'
import { unknown } from '../partition-requests.js'
import { eachVersion, type Family, scenario } from '../scenario.js'
import type { MadeTopic, Stage } from '../stage.js'

const zeroId = 'AAAAAAAAAAAAAAAAAAAAAA'
const named = (...names: string[]) => ({
  topics: names.map(name => ({ name, topicId: zeroId })),
  allowAutoTopicCreation: false,
})
const byId = (...ids: string[]) => ({
  topics: ids.map(topicId => ({ name: null, topicId })),
  allowAutoTopicCreation: false,
})
/** A request without topics, which in version 0 means all. */
const noTopics = { topics: [], allowAutoTopicCreation: true }

const creating = [4, 8, 12, 13]

async function some(at: Stage): Promise<MadeTopic> {
  return at.topic({ partitions: 3 })
}

export const metadataFamily: Family = {
  name: 'Metadata',
  scenarios: [
    ...eachVersion(metadata, 'a topic and its partitions', async (at, version) => {
      const { name } = await some(at)
      await at.ask(metadata, version, { ...named(name), allowAutoTopicCreation: true })
    }),
    ...eachVersion(
      metadata,
      'an unknown topic is UNKNOWN_TOPIC_OR_PARTITION',
      async (at, version) => {
        await at.ask(metadata, version, named(unknown.name))
      },
      { versions: [4, 8, 9, 10, 12, 13] },
    ),
    ...[10, 12, 13].map(version =>
      scenario(`a topic by its id, in version ${version}`, async at => {
        await at.first.dare(metadata, version, byId((await some(at)).id))
      }),
    ),
    ...[12, 13].map(version =>
      scenario(`an unknown id is UNKNOWN_TOPIC_ID in version ${version}`, async at => {
        await at.ask(metadata, version, byId(unknown.id))
      }),
    ),
    ...[12, 13].map(version =>
      scenario(`the zero id without a name, in version ${version}`, async at => {
        await at.first.dare(metadata, version, byId(zeroId))
      }),
    ),
    ...[10, 11, 12, 13].map(version =>
      scenario(`a name and an id, in version ${version}`, async at => {
        const { name, id } = await some(at)
        await at.first.dare(metadata, version, {
          topics: [{ name, topicId: id }],
          allowAutoTopicCreation: false,
        })
      }),
    ),
    scenario('known and unknown ids together', async at => {
      const [one, two] = [await some(at), await some(at)]
      await at.ask(metadata, 12, byId(one.id, unknown.id, two.id))
    }),
    scenario('an id and a name together', async at => {
      const [one, two] = [await some(at), await some(at)]
      const topics = [
        { name: null, topicId: one.id },
        { name: two.name, topicId: zeroId },
      ]
      await at.first.dare(metadata, 12, { topics, allowAutoTopicCreation: false })
    }),
    scenario('the same id twice', async at => {
      const { id } = await some(at)
      await at.ask(metadata, 12, byId(id, id))
    }),
    scenario('a deleted topic, by name and by id', async at => {
      const topic = await some(at)
      await at.deleteTopic(topic)
      await at.ask(metadata, 12, named(topic.name))
      await at.ask(metadata, 12, byId(topic.id))
    }),
    ...[4, 9, 12].map(version =>
      scenario(`known and unknown names together, in version ${version}`, async at => {
        const { name } = await some(at)
        const { topics } = named(unknown.name, name, 'bad name!')
        await at.ask(metadata, version, { topics, allowAutoTopicCreation: false })
      }),
    ),
    scenario('the same name twice', async at => {
      const { name } = await some(at)
      await at.ask(metadata, 12, named(name, name))
    }),
    scenario('the same unknown name twice', async at => {
      await at.ask(metadata, 12, named(unknown.name, unknown.name))
    }),
    ...[1, 4, 9, 12, 13].map(version =>
      scenario(`no topics, only the brokers, in version ${version}`, async at => {
        await at.ask(metadata, version, noTopics)
      }),
    ),
    ...[0, 4, 9, 12, 13].flatMap(version =>
      ['', 'no good name!', '.', '..', 'x'.repeat(250)].map(name =>
        scenario(`the name '${name.slice(0, 15)}' is answered in version ${version}`, async at => {
          await at.ask(metadata, version, { ...named(name), allowAutoTopicCreation: true })
        }),
      ),
    ),
    ...['', 'no good name!', 'x'.repeat(250)].map(name =>
      scenario(`the name '${name.slice(0, 15)}' without creation`, async at => {
        await at.ask(metadata, 12, named(name))
      }),
    ),
    ...creating.map(version =>
      scenario(
        `an automatic topic comes to be, in version ${version}`,
        async at => {
          const name = at.name()
          await at.ask(metadata, version, { ...named(name), allowAutoTopicCreation: true })
          await at.led(name, 1)
          await at.ask(metadata, version, named(name))
        },
        { differs: differences.finishedTopics },
      ),
    ),
    ...[0, 1, 3].map(version =>
      scenario(`an automatic topic is there after it was asked for, in version ${version}`, async at => {
        const name = at.name()
        await at.quietly(metadata, version, { ...named(name), allowAutoTopicCreation: true })
        await at.led(name, 1)
        await at.ask(metadata, version, { ...named(name), allowAutoTopicCreation: true })
      }),
    ),
    scenario('an automatic topic is not asked for by its id', async at => {
      await at.ask(metadata, 12, { ...byId(unknown.id), allowAutoTopicCreation: true })
    }),
    ...[8, 9, 10].map(version =>
      scenario(`the operations that a client may do, in version ${version}`, async at => {
        const { name } = await some(at)
        await at.ask(metadata, version, {
          ...named(name, unknown.name),
          includeClusterAuthorizedOperations: true,
          includeTopicAuthorizedOperations: true,
        })
      }),
    ),
    ...[11, 12, 13].map(version =>
      scenario(`the operations on a topic that a client may do, in version ${version}`, async at => {
        const { name } = await some(at)
        await at.ask(metadata, version, {
          ...named(name, unknown.name),
          includeTopicAuthorizedOperations: true,
        })
      }),
    ),
    ...[1, 8, 12].map(version =>
      scenario(`an internal topic, in version ${version}`, async at => {
        await at.ask(metadata, version, {
          ...named('__consumer_offsets'),
          allowAutoTopicCreation: version < 4,
        })
      }),
    ),
    scenario('all topics', async at => {
      const made = [await some(at), await some(at)]
      const { topics } = await at.quietly(metadata, 12, { topics: null, allowAutoTopicCreation: false })
      at.note(
        'Metadata of all',
        made.map(each => topics.find(({ name }) => name === each.name)),
      )
    }),
    scenario('all topics, in version 0', async at => {
      const made = [await some(at), await some(at)]
      const { topics } = await at.quietly(metadata, 0, { topics: [] })
      at.note(
        'Metadata of all',
        made.map(each => topics.find(({ name }) => name === each.name)),
      )
    }),
  ],
}

const described = (...names: string[]) => ({ topics: names.map(name => ({ name })) })

export const describeTopicPartitionsFamily: Family = {
  name: 'DescribeTopicPartitions',
  scenarios: [
    scenario('a topic and its partitions', async at => {
      await at.ask(describeTopicPartitions, 0, described((await some(at)).name))
    }),
    scenario('topics are listed in the order of their names', async at => {
      const names = [(await some(at)).name, (await some(at)).name]
      await at.ask(describeTopicPartitions, 0, described(...names.reverse()))
    }),
    scenario('an unknown topic is UNKNOWN_TOPIC_OR_PARTITION', async at => {
      const { name } = await some(at)
      await at.ask(describeTopicPartitions, 0, described(unknown.name, name))
    }),
    scenario('a topic twice', async at => {
      const { name } = await some(at)
      await at.ask(describeTopicPartitions, 0, described(name, name))
    }),
    ...['', 'no good name!'].map(name =>
      scenario(`the name '${name}'`, async at => {
        await at.ask(describeTopicPartitions, 0, described(name))
      }),
    ),
    scenario('an internal topic', async at => {
      const answer = await at.quietly(describeTopicPartitions, 0, described('__consumer_offsets'))
      at.note('DescribeTopicPartitions of it', [
        answer.topics[0]?.isInternal,
        answer.topics[0]?.partitions[7],
      ])
    }),
    ...[0, -1, -2000].map(responsePartitionLimit =>
      scenario(`a limit of ${responsePartitionLimit} partitions`, async at => {
        const { name } = await some(at)
        await at.ask(describeTopicPartitions, 0, { ...described(name), responsePartitionLimit })
      }),
    ),
    scenario('a limit, and then the rest', async at => {
      const names = [(await some(at)).name, (await some(at)).name]
      const first = await at.ask(describeTopicPartitions, 0, {
        ...described(...names),
        responsePartitionLimit: 4,
      })
      await at.ask(describeTopicPartitions, 0, { ...described(...names), cursor: first.nextCursor })
    }),
    scenario('a limit at the end of a topic', async at => {
      const names = [(await some(at)).name, (await some(at)).name]
      await at.ask(describeTopicPartitions, 0, { ...described(...names), responsePartitionLimit: 3 })
      await at.ask(describeTopicPartitions, 0, { ...described(...names), responsePartitionLimit: 6 })
    }),
    scenario('a limit before an unknown topic', async at => {
      const { name } = await some(at)
      await at.ask(describeTopicPartitions, 0, {
        ...described(name, 'zz-no-such-topic'),
        responsePartitionLimit: 3,
      })
    }),
    scenario('a cursor at a topic that was not asked for', async at => {
      const names = [(await some(at)).name, (await some(at)).name]
      await at.ask(describeTopicPartitions, 0, {
        ...described(names[1] as string),
        cursor: { topicName: names[0] as string, partitionIndex: 0 },
      })
      await at.ask(describeTopicPartitions, 0, {
        ...described(names[0] as string),
        cursor: { topicName: names[1] as string, partitionIndex: 0 },
      })
    }),
    scenario('a cursor past the last partition', async at => {
      const { name } = await some(at)
      await at.ask(describeTopicPartitions, 0, {
        ...described(name),
        cursor: { topicName: name, partitionIndex: 9 },
      })
    }),
    scenario('a cursor before the first partition', async at => {
      const { name } = await some(at)
      await at.ask(describeTopicPartitions, 0, {
        ...described(name),
        cursor: { topicName: name, partitionIndex: -1 },
      })
    }),
    scenario('a cursor at an unknown topic', async at => {
      await at.ask(describeTopicPartitions, 0, {
        ...described(unknown.name),
        cursor: { topicName: unknown.name, partitionIndex: 1 },
      })
    }),
  ],
}
