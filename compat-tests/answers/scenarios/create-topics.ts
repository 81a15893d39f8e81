import { createTopics } from '../../../src/wire/apis/create-topics.js'
import { describeConfigs } from '../../../src/wire/apis/describe-configs.js'
import { metadata } from '../../../src/wire/apis/metadata.js'
import { differences } from '../differences.js'
import { eachVersion, type Family, scenario } from '../scenario.js'
import type { Stage } from '../stage.js'

interface Wanted {
  readonly name: string
  readonly partitions?: number
  readonly replicas?: number
  readonly assignments?: readonly (readonly [partition: number, ...brokers: number[]])[]
  readonly configs?: Readonly<Record<string, string | null>>
}

const wantedOf = ({ name, partitions = 1, replicas = 1, assignments = [], configs = {} }: Wanted) => ({
  name,
  numPartitions: partitions,
  replicationFactor: replicas,
  assignments: assignments.map(([partitionIndex, ...brokerIds]) => ({ partitionIndex, brokerIds })),
  configs: Object.entries(configs).map(([key, value]) => ({ name: key, value })),
})

const of = (...wanted: Wanted[]) => ({ topics: wanted.map(wantedOf), timeoutMs: 10_000 })

/** Asks for the topic that was made, once it has its leaders. */
async function made(at: Stage, name: string, partitions = 1): Promise<void> {
  await at.led(name, partitions)
  await at.ask(metadata, 12, { topics: [{ name }], allowAutoTopicCreation: false })
}

const newest = 7

/** A topic that is refused, and is not there; one that is not refused after all has to be. */
const refused = (sentence: string, wanted: (name: string) => Wanted, differs?: keyof typeof differences) =>
  scenario(
    sentence,
    async at => {
      const topic = wanted(at.name())
      const { topics } = await at.ask(createTopics, newest, of(topic))
      if (topics[0]?.errorCode === 0) await at.led(topic.name, topics[0].numPartitions)
      await at.ask(metadata, 12, { topics: [{ name: topic.name }], allowAutoTopicCreation: false })
    },
    differs ? { differs: differences[differs] } : {},
  )

export const createTopicsFamily: Family = {
  name: 'CreateTopics',
  scenarios: [
    ...eachVersion(createTopics, 'a topic with partitions and a setting', async (at, version) => {
      const name = at.name()
      const configs = { 'retention.ms': '1000', 'cleanup.policy': 'compact' }
      await at.ask(createTopics, version, of({ name, partitions: 2, configs }))
      await made(at, name, 2)
    }),
    ...eachVersion(createTopics, 'a topic that is there is TOPIC_ALREADY_EXISTS', async (at, version) => {
      const { name } = await at.topic()
      await at.ask(createTopics, version, of({ name, partitions: 3 }))
    }),
    ...eachVersion(
      createTopics,
      'defaults',
      async (at, version) => {
        const name = at.name()
        await at.ask(createTopics, version, of({ name, partitions: -1, replicas: -1 }))
        await made(at, name)
      },
      { versions: [2, 4, 5, 7] },
    ),
    ...eachVersion(createTopics, 'validate only', async (at, version) => {
      const name = at.name()
      const request = of({ name, partitions: 2, configs: { 'retention.ms': '5' } })
      await at.ask(createTopics, version, { ...request, validateOnly: true })
      await at.ask(metadata, 12, { topics: [{ name }], allowAutoTopicCreation: false })
    }),
    scenario('validate only of a topic that is there', async at => {
      const { name } = await at.topic()
      await at.ask(createTopics, newest, { ...of({ name }), validateOnly: true })
    }),

    // Names
    ...['', '.', '..', 'no good name!', 'x'.repeat(250), 'ü', 'a/b'].map(name =>
      scenario(`the name '${name.slice(0, 15)}' is INVALID_TOPIC_EXCEPTION`, async at => {
        await at.ask(createTopics, newest, of({ name }))
      }),
    ),
    scenario('a name of 249 characters', async at => {
      await at.ask(createTopics, newest, of({ name: at.name().padEnd(249, 'x') }))
    }),
    scenario('names that collide are INVALID_TOPIC_EXCEPTION', async at => {
      const stem = at.name()
      await at.topic({ name: `${stem}.a_b` })
      await at.ask(createTopics, newest, of({ name: `${stem}_a.b` }))
      await at.ask(createTopics, newest, of({ name: `${stem}.a_b` }))
    }),
    scenario('names that collide within one request', async at => {
      const stem = at.name()
      await at.ask(createTopics, newest, of({ name: `${stem}.a` }, { name: `${stem}_a` }))
    }),
    scenario('the same topic twice in one request is INVALID_REQUEST', async at => {
      const name = at.name()
      await at.ask(createTopics, newest, of({ name }, { name, partitions: 2 }, { name: at.name() }))
    }),
    scenario('a bad name twice in one request', async at => {
      await at.ask(createTopics, newest, of({ name: '!' }, { name: '!' }))
    }),
    scenario('the cluster metadata topic', async at => {
      await at.ask(createTopics, newest, of({ name: '__cluster_metadata' }))
    }),
    scenario('an internal topic that is there', async at => {
      await at.ask(createTopics, newest, of({ name: '__consumer_offsets' }))
    }),
    scenario('no topics', async at => {
      await at.ask(createTopics, newest, of())
    }),
    scenario('good and bad topics together', async at => {
      const [one, two] = [at.name(), at.name()]
      await at.ask(createTopics, newest, of({ name: one }, { name: 'bad!' }, { name: two, partitions: 0 }))
    }),

    // Partitions and replicas
    ...[0, -2, -100].map(partitions =>
      refused(`${partitions} partitions are INVALID_PARTITIONS`, name => ({ name, partitions })),
    ),
    refused('too many partitions', name => ({ name, partitions: 10_001 })),
    ...[0, -2].map(replicas =>
      refused(`${replicas} replicas are INVALID_REPLICATION_FACTOR`, name => ({ name, replicas })),
    ),
    refused('more replicas than nodes', name => ({ name, replicas: 3 }), 'replicationFactor'),
    refused('no partitions and no replicas', name => ({ name, partitions: 0, replicas: 0 })),
    refused('a bad name and no partitions', () => ({ name: 'bad!', partitions: 0 })),
    scenario('a topic that is there, and no partitions', async at => {
      const { name } = await at.topic()
      await at.ask(createTopics, newest, of({ name, partitions: 0 }))
      await at.ask(createTopics, newest, of({ name, configs: { 'no.such.setting': '1' } }))
    }),

    // Assignments
    scenario('an assignment by hand', async at => {
      const name = at.name()
      const assignments = [[0, 0] as const, [1, 0] as const]
      await at.ask(createTopics, newest, of({ name, partitions: -1, replicas: -1, assignments }))
      await made(at, name, 2)
    }),
    ...(
      [
        ['with a number of partitions', { partitions: 1, replicas: -1 }, [[0, 0]]],
        ['with a number of replicas', { partitions: -1, replicas: 1 }, [[0, 0]]],
        ['with both', { partitions: 1, replicas: 1 }, [[0, 0]]],
        ['to a node that is not there', { partitions: -1, replicas: -1 }, [[0, 7]]],
        ['to a negative node', { partitions: -1, replicas: -1 }, [[0, -1]]],
        ['to the same node twice', { partitions: -1, replicas: -1 }, [[0, 0, 0]]],
        ['to nobody', { partitions: -1, replicas: -1 }, [[0]]],
        ['that does not begin with 0', { partitions: -1, replicas: -1 }, [[1, 0]]],
        [
          'with a gap',
          { partitions: -1, replicas: -1 },
          [
            [0, 0],
            [2, 0],
          ],
        ],
        [
          'that names a partition twice',
          { partitions: -1, replicas: -1 },
          [
            [0, 0],
            [0, 0],
          ],
        ],
        [
          'of unequal numbers of replicas',
          { partitions: -1, replicas: -1 },
          [
            [0, 0],
            [1, 0, 1],
          ],
        ],
        ['to a negative partition', { partitions: -1, replicas: -1 }, [[-1, 0]]],
      ] as const
    ).map(([how, numbers, assignments]) =>
      refused(`an assignment ${how}`, name => ({ name, ...numbers, assignments })),
    ),
    scenario('an assignment that is not in order', async at => {
      const name = at.name()
      const assignments = [[1, 0] as const, [0, 0] as const]
      await at.ask(createTopics, newest, of({ name, partitions: -1, replicas: -1, assignments }))
    }),

    // Settings
    ...(
      [
        ['a setting that does not exist', { 'no.such.setting': '1' }],
        ['a value that is no number', { 'retention.ms': 'soon' }],
        ['a value that is too small', { 'segment.bytes': '1' }],
        ['a value that is too large for its type', { 'segment.bytes': '99999999999' }],
        ['a value that is none of the choices', { 'cleanup.policy': 'burn' }],
        ['a value of a list twice', { 'cleanup.policy': 'delete,delete' }],
        ['an empty list', { 'cleanup.policy': '' }],
        ['a value that is no truth', { preallocate: 'perhaps' }],
        ['a setting of the broker', { 'log.retention.ms': '1' }],
        ['a null value', { 'retention.ms': null }],
        ['an empty value', { 'retention.ms': '' }],
        ['an empty name of a setting', { '': '1' }],
        ['a local retention above the retention', { 'local.retention.ms': '10', 'retention.ms': '5' }],
        ['a minimum of replicas in sync that is 0', { 'min.insync.replicas': '0' }],
        ['a compression level out of range', { 'compression.gzip.level': '17' }],
        ['tiered storage', { 'remote.storage.enable': 'true' }],
        ['a negative timestamp limit', { 'message.timestamp.after.max.ms': '-1' }],
        ['replicas that are throttled badly', { 'leader.replication.throttled.replicas': 'x' }],
        ['an old setting', { 'message.format.version': '3.0' }],
        ['another old setting', { 'message.downconversion.enable': 'true' }],
      ] as const
    ).map(([sentence, configs]) =>
      refused(sentence, name => ({ name, configs: configs as Readonly<Record<string, string | null>> })),
    ),
    scenario('a setting twice', async at => {
      const topic = wantedOf({ name: at.name() })
      const configs = ['1000', '2000'].map(value => ({ name: 'retention.ms', value }))
      await at.ask(createTopics, newest, { topics: [{ ...topic, configs }], timeoutMs: 10_000 })
    }),
    scenario('every setting is listed with its value and its source', async at => {
      const name = at.name()
      const configs = { 'segment.bytes': '1048576', 'cleanup.policy': 'compact,delete', 'flush.ms': '10' }
      await at.ask(createTopics, newest, of({ name, configs }))
      await at.ask(describeConfigs, 4, {
        resources: [{ resourceType: 2, resourceName: name, configurationKeys: null }],
      })
    }),
    scenario('values are written as they were given', async at => {
      const name = at.name()
      const configs = {
        'retention.ms': ' 0005 ',
        'cleanup.policy': ' compact , delete ',
        preallocate: ' TRUE ',
      }
      await at.ask(createTopics, newest, of({ name, configs }))
    }),
    scenario('a bad setting and too many replicas', async at => {
      await at.ask(createTopics, newest, of({ name: at.name(), replicas: 5, configs: { x: 'y' } }))
    }),
    scenario('a bad setting and no partitions', async at => {
      await at.ask(createTopics, newest, of({ name: at.name(), partitions: 0, configs: { x: 'y' } }))
    }),
    scenario('a timeout of nothing', async at => {
      const name = at.name()
      await at.first.dare(createTopics, newest, { ...of({ name }), timeoutMs: 20_000 })
      await made(at, name)
    }),
  ],
}
