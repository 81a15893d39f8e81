import { alterConfigs } from '../../../src/wire/apis/alter-configs.js'
import { describeConfigs } from '../../../src/wire/apis/describe-configs.js'
import { incrementalAlterConfigs } from '../../../src/wire/apis/incremental-alter-configs.js'
import { listConfigResources } from '../../../src/wire/apis/list-config-resources.js'
import { differences } from '../differences.js'
import { unknown } from '../partition-requests.js'
import { eachVersion, type Family, scenario } from '../scenario.js'
import type { Stage } from '../stage.js'

const types = { unknown: 0, topic: 2, broker: 4, logger: 8, metrics: 16, group: 32 } as const
const [set, remove, append, subtract] = [0, 1, 2, 3] as const

interface Resource {
  readonly resourceType: number
  readonly resourceName: string
}

const topicOf = (resourceName: string): Resource => ({ resourceType: types.topic, resourceName })
const broker: Resource = { resourceType: types.broker, resourceName: '0' }
const allBrokers: Resource = { resourceType: types.broker, resourceName: '' }

const described = (
  at: Stage,
  resource: Resource,
  keys: readonly string[] | null,
  { version = 4, synonyms = true, documentation = false } = {},
) =>
  at.ask(describeConfigs, version, {
    resources: [{ ...resource, configurationKeys: keys }],
    includeSynonyms: synonyms,
    ...(version >= 3 ? { includeDocumentation: documentation } : {}),
  })

type Change = readonly [operation: number, name: string, value: string | null]

const changed = (
  at: Stage,
  resource: Resource,
  changes: readonly Change[],
  { version = 1, validateOnly = false } = {},
) =>
  at.ask(incrementalAlterConfigs, version, {
    resources: [
      {
        ...resource,
        configs: changes.map(([configOperation, name, value]) => ({ configOperation, name, value })),
      },
    ],
    validateOnly,
  })

const replaced = (
  at: Stage,
  resource: Resource,
  configs: Readonly<Record<string, string | null>>,
  { version = 2, validateOnly = false } = {},
) =>
  at.ask(alterConfigs, version, {
    resources: [{ ...resource, configs: Object.entries(configs).map(([name, value]) => ({ name, value })) }],
    validateOnly,
  })

const few = ['cleanup.policy', 'retention.ms', 'segment.bytes', 'preallocate', 'min.cleanable.dirty.ratio']

/** Waits until the broker shows a topic's setting, of which Kafka tells it by and by. */
const seen = (at: Stage, name: string, key: string, value: string) =>
  at.quietlyUntil(({ results }) => results[0]?.configs[0]?.value === value, describeConfigs, 4, {
    resources: [{ ...topicOf(name), configurationKeys: [key] }],
  })

export const describeConfigsFamily: Family = {
  name: 'DescribeConfigs',
  scenarios: [
    ...eachVersion(describeConfigs, 'some settings of a topic', async (at, version) => {
      const { name } = await at.topic({ configs: { 'retention.ms': '1000' } })
      await described(at, topicOf(name), few, { version })
      await described(at, topicOf(name), few, { version, synonyms: false, documentation: true })
    }),
    scenario('all settings of a topic', async at => {
      const configs = { 'retention.ms': ' 0500 ', 'cleanup.policy': 'compact , delete,compact' }
      const { name } = await at.topic({ configs })
      await described(at, topicOf(name), null, { documentation: true })
    }),
    scenario('no settings of a topic, and one that does not exist', async at => {
      const { name } = await at.topic()
      await described(at, topicOf(name), [])
      await described(at, topicOf(name), ['no.such.setting', 'retention.ms', 'retention.ms'])
    }),
    ...[1, 4].map(version =>
      scenario(`a topic that is not there is UNKNOWN_TOPIC_OR_PARTITION in version ${version}`, async at => {
        await described(at, topicOf(unknown.name), few, { version })
      }),
    ),
    ...['', 'no good name!'].map(name =>
      scenario(`the topic '${name}'`, async at => {
        await described(at, topicOf(name), few)
      }),
    ),
    scenario('settings of a broker', async at => {
      const keys = [
        'num.partitions',
        'log.retention.ms',
        'log.retention.hours',
        'message.max.bytes',
        'auto.create.topics.enable',
        'offsets.topic.num.partitions',
        'log.cleaner.threads',
        'ssl.keystore.password',
        'no.such.setting',
      ]
      await described(at, broker, keys)
    }),
    scenario(
      'how long a group waits for its first members',
      async at => {
        await described(at, broker, ['group.initial.rebalance.delay.ms'])
      },
      { differs: differences.firstJoin },
    ),
    scenario(
      'loggers of a broker',
      async at => {
        await described(at, { resourceType: types.logger, resourceName: '0' }, null)
      },
      { differs: differences.loggers },
    ),
    scenario('loggers of a broker that is not there, or has no name', async at => {
      await described(at, { resourceType: types.logger, resourceName: '7' }, null)
      await described(at, { resourceType: types.logger, resourceName: '' }, null)
    }),
    ...['1', 'x', '-1', '00', '+0'].map(resourceName =>
      scenario(`a broker called '${resourceName}'`, async at => {
        await described(at, { ...broker, resourceName }, ['num.partitions'])
      }),
    ),
    scenario('all brokers', async at => {
      await described(at, allBrokers, ['num.partitions', 'log.retention.ms'])
    }),
    ...[0, 1, 3, 7, 64, -1].map(resourceType =>
      scenario(`a resource of type ${resourceType}`, async at => {
        await described(at, { resourceType, resourceName: 'x' }, null)
      }),
    ),
    scenario('settings of a group', async at => {
      const group = { resourceType: types.group, resourceName: at.name() }
      await described(at, group, ['consumer.session.timeout.ms', 'consumer.heartbeat.interval.ms', 'x'])
    }),
    scenario('a group without a name', async at => {
      await described(at, { resourceType: types.group, resourceName: '' }, ['consumer.session.timeout.ms'])
    }),
    scenario('no resources', async at => {
      await at.ask(describeConfigs, 4, { resources: [] })
    }),
    scenario('several resources, one of them twice and one that is not there', async at => {
      const { name } = await at.topic()
      const resources = [topicOf(name), topicOf(unknown.name), broker, topicOf(name)]
      await at.ask(describeConfigs, 4, {
        resources: resources.map(each => ({
          ...each,
          configurationKeys: ['retention.ms', 'num.partitions'],
        })),
      })
    }),
  ],
}

const refusals: readonly (readonly [sentence: string, changes: readonly Change[]])[] = [
  ['a setting that does not exist', [[set, 'no.such.setting', '1']]],
  ['a value that is none', [[set, 'retention.ms', 'soon']]],
  ['a value that is null', [[set, 'retention.ms', null]]],
  ['a value out of range', [[set, 'segment.bytes', '1']]],
  ['an operation that does not exist', [[7, 'retention.ms', '1']]],
  ['an operation below the first', [[-1, 'retention.ms', '1']]],
  ['an append to what is no list', [[append, 'retention.ms', '1']]],
  ['a subtraction from what is no list', [[subtract, 'retention.ms', '1']]],
  ['an append of what the list may not hold', [[append, 'cleanup.policy', 'burn']]],
  ['an append of null', [[append, 'cleanup.policy', null]]],
  ['an empty name', [[set, '', '1']]],
  [
    'the same setting twice',
    [
      [set, 'retention.ms', '1'],
      [set, 'retention.ms', '2'],
    ],
  ],
  [
    'the same setting set and removed',
    [
      [set, 'retention.ms', '1'],
      [remove, 'retention.ms', null],
    ],
  ],
  ['a removal of what does not exist', [[remove, 'no.such.setting', null]]],
  ['a setting of the broker', [[set, 'log.retention.ms', '1']]],
]

export const incrementalAlterConfigsFamily: Family = {
  name: 'IncrementalAlterConfigs',
  scenarios: [
    ...eachVersion(incrementalAlterConfigs, 'a setting is set, and taken back', async (at, version) => {
      const { name } = await at.topic()
      await changed(at, topicOf(name), [[set, 'retention.ms', '1000']], { version })
      await seen(at, name, 'retention.ms', '1000')
      await described(at, topicOf(name), few)
      await changed(at, topicOf(name), [[remove, 'retention.ms', null]], { version })
      await seen(at, name, 'retention.ms', '604800000')
      await described(at, topicOf(name), few)
    }),
    scenario('a list grows and shrinks', async at => {
      const { name } = await at.topic()
      await changed(at, topicOf(name), [[append, 'cleanup.policy', 'compact']])
      await seen(at, name, 'cleanup.policy', 'delete,compact')
      await changed(at, topicOf(name), [[append, 'cleanup.policy', 'compact']])
      await described(at, topicOf(name), ['cleanup.policy'])
      await changed(at, topicOf(name), [[subtract, 'cleanup.policy', 'delete']])
      await seen(at, name, 'cleanup.policy', 'compact')
      await described(at, topicOf(name), ['cleanup.policy'])
      await changed(at, topicOf(name), [[subtract, 'cleanup.policy', 'delete']])
      await changed(at, topicOf(name), [[subtract, 'cleanup.policy', 'compact']])
      await at.pause(300)
      await described(at, topicOf(name), ['cleanup.policy'])
    }),
    scenario('several settings at once', async at => {
      const { name } = await at.topic({ configs: { 'segment.bytes': '2000000' } })
      await changed(at, topicOf(name), [
        [set, 'retention.ms', '5'],
        [remove, 'segment.bytes', null],
        [append, 'cleanup.policy', 'compact'],
      ])
      await seen(at, name, 'retention.ms', '5')
      await described(at, topicOf(name), few)
    }),
    ...refusals.map(([sentence, changes]) =>
      scenario(`${sentence}, of a topic`, async at => {
        const { name } = await at.topic({ configs: { 'retention.ms': '777' } })
        await changed(at, topicOf(name), changes)
        await described(at, topicOf(name), few)
      }),
    ),
    scenario('one bad setting among good ones changes nothing', async at => {
      const { name } = await at.topic()
      await changed(at, topicOf(name), [
        [set, 'retention.ms', '5'],
        [set, 'segment.bytes', 'many'],
      ])
      await at.pause(200)
      await described(at, topicOf(name), few)
    }),
    scenario('validate only', async at => {
      const { name } = await at.topic()
      await changed(at, topicOf(name), [[set, 'retention.ms', '5']], { validateOnly: true })
      await changed(at, topicOf(name), [[set, 'retention.ms', 'x']], { validateOnly: true })
      await changed(at, topicOf(unknown.name), [[set, 'retention.ms', '5']], { validateOnly: true })
      await at.pause(200)
      await described(at, topicOf(name), few)
    }),
    ...[0, 1].map(version =>
      scenario(`a topic that is not there is UNKNOWN_TOPIC_OR_PARTITION in version ${version}`, async at => {
        await changed(at, topicOf(unknown.name), [[set, 'retention.ms', '5']], { version })
      }),
    ),
    ...['', 'no good name!'].map(name =>
      scenario(`the topic '${name}'`, async at => {
        await changed(at, topicOf(name), [[set, 'retention.ms', '5']])
      }),
    ),
    ...[0, 1, 3, 64, -1].map(resourceType =>
      scenario(`a resource of type ${resourceType}`, async at => {
        await changed(at, { resourceType, resourceName: 'x' }, [[set, 'retention.ms', '5']])
      }),
    ),
    scenario(
      'loggers are changed',
      async at => {
        const loggers = { resourceType: types.logger, resourceName: '0' }
        await changed(at, loggers, [[set, 'kafka.server.KafkaApis', 'INFO']], { validateOnly: true })
      },
      { differs: differences.loggers },
    ),
    scenario('loggers of a broker that is not there are changed', async at => {
      await changed(at, { resourceType: types.logger, resourceName: '7' }, [[set, 'root', 'INFO']])
    }),
    scenario('nothing is changed', async at => {
      const { name } = await at.topic()
      await changed(at, topicOf(name), [])
      await at.ask(incrementalAlterConfigs, 1, { resources: [], validateOnly: false })
    }),
    scenario('the same topic twice', async at => {
      const { name } = await at.topic()
      const configs = [{ configOperation: set, name: 'retention.ms', value: '5' }]
      const resources = [topicOf(name), topicOf(name), topicOf((await at.topic()).name)]
      await at.ask(incrementalAlterConfigs, 1, {
        resources: resources.map(each => ({ ...each, configs })),
        validateOnly: false,
      })
    }),
    scenario('good and bad resources together', async at => {
      const { name } = await at.topic()
      const configs = [{ configOperation: set, name: 'retention.ms', value: '5' }]
      const resources = [topicOf(unknown.name), topicOf(name), { ...broker, resourceName: '7' }]
      await at.ask(incrementalAlterConfigs, 1, {
        resources: resources.map(each => ({ ...each, configs })),
        validateOnly: false,
      })
    }),
    scenario(
      'a setting of a broker, and of all',
      async at => {
        await changed(at, broker, [[set, 'log.cleaner.backoff.ms', '20000']])
        await at.pause(500)
        await described(at, broker, ['log.cleaner.backoff.ms'])
        await described(at, allBrokers, ['log.cleaner.backoff.ms'])
        await changed(at, allBrokers, [[set, 'log.cleaner.backoff.ms', '30000']])
        await at.pause(500)
        await described(at, broker, ['log.cleaner.backoff.ms'])
        await described(at, allBrokers, ['log.cleaner.backoff.ms'])
        await changed(at, broker, [[remove, 'log.cleaner.backoff.ms', null]])
        await changed(at, allBrokers, [[remove, 'log.cleaner.backoff.ms', null]])
        await at.pause(500)
        await described(at, broker, ['log.cleaner.backoff.ms'])
      },
      { alone: true },
    ),
    ...(
      [
        ['that cannot change', [[set, 'num.partitions', '3']]],
        ['that does not exist', [[set, 'nobody.reads.this', '3']]],
        ['that is no number', [[set, 'log.cleaner.backoff.ms', 'x']]],
        ['that is out of range', [[set, 'log.cleaner.backoff.ms', '-1']]],
        ['that is the node id', [[set, 'node.id', '3']]],
      ] as const
    ).flatMap(([sentence, changes]) =>
      [broker, allBrokers].map(resource =>
        scenario(
          `a setting of ${resource.resourceName === '' ? 'all brokers' : 'a broker'} ${sentence}`,
          async at => {
            await changed(at, resource, changes)
          },
        ),
      ),
    ),
    ...['7', 'x', '-1'].map(resourceName =>
      scenario(`a broker called '${resourceName}'`, async at => {
        await changed(at, { ...broker, resourceName }, [[set, 'log.cleaner.backoff.ms', '20000']])
      }),
    ),
    scenario('settings of a group', async at => {
      const group = { resourceType: types.group, resourceName: at.name() }
      await changed(at, group, [[set, 'consumer.session.timeout.ms', '50000']])
      await at.pause(300)
      await described(at, group, ['consumer.session.timeout.ms', 'consumer.heartbeat.interval.ms'])
      await changed(at, group, [[remove, 'consumer.session.timeout.ms', null]])
      await changed(at, group, [[set, 'consumer.session.timeout.ms', '1']])
      await changed(at, group, [[set, 'consumer.heartbeat.interval.ms', '14000']])
      await changed(at, group, [[set, 'retention.ms', '1']])
    }),
    scenario('a group without a name', async at => {
      await changed(at, { resourceType: types.group, resourceName: '' }, [
        [set, 'consumer.session.timeout.ms', '50000'],
      ])
    }),
  ],
}

export const alterConfigsFamily: Family = {
  name: 'AlterConfigs',
  scenarios: [
    ...eachVersion(alterConfigs, 'settings replace those that were', async (at, version) => {
      const { name } = await at.topic({ configs: { 'retention.ms': '777' } })
      await replaced(at, topicOf(name), { 'segment.bytes': '2000000' }, { version })
      await seen(at, name, 'segment.bytes', '2000000')
      await described(at, topicOf(name), few)
      await replaced(at, topicOf(name), {}, { version })
      await seen(at, name, 'segment.bytes', '1073741824')
      await described(at, topicOf(name), few)
    }),
    ...(
      [
        ['a setting that does not exist', { 'no.such.setting': '1' }],
        ['a value that is none', { 'retention.ms': 'soon' }],
        ['a value that is null', { 'retention.ms': null }],
        ['a value that is null, among others', { 'retention.ms': null, 'segment.bytes': '2000000' }],
        ['a value out of range', { 'segment.bytes': '1' }],
        ['an empty name', { '': '1' }],
      ] as const
    ).map(([sentence, configs]) =>
      scenario(`${sentence}, of a topic`, async at => {
        const { name } = await at.topic({ configs: { 'retention.ms': '777' } })
        await replaced(at, topicOf(name), configs as Readonly<Record<string, string | null>>)
        await at.pause(200)
        await described(at, topicOf(name), few)
      }),
    ),
    scenario('validate only', async at => {
      const { name } = await at.topic({ configs: { 'retention.ms': '777' } })
      await replaced(at, topicOf(name), { 'segment.bytes': '2000000' }, { validateOnly: true })
      await replaced(at, topicOf(name), { 'segment.bytes': 'x' }, { validateOnly: true })
      await at.pause(200)
      await described(at, topicOf(name), few)
    }),
    ...[0, 2].map(version =>
      scenario(`a topic that is not there, in version ${version}`, async at => {
        await replaced(at, topicOf(unknown.name), { 'retention.ms': '1' }, { version })
      }),
    ),
    ...[0, 1, 8, 16, 64].map(resourceType =>
      scenario(`a resource of type ${resourceType}`, async at => {
        await replaced(at, { resourceType, resourceName: 'x' }, { 'retention.ms': '1' })
      }),
    ),
    scenario(
      'the same topic twice',
      async at => {
        at.first.patienceMs = 2000
        const { name } = await at.topic()
        const configs = [{ name: 'retention.ms', value: '5' }]
        await at.first.dare(alterConfigs, 2, {
          resources: [topicOf(name), topicOf(name)].map(each => ({ ...each, configs })),
          validateOnly: false,
        })
      },
      { differs: differences.repeatedResources },
    ),
    scenario('the same setting twice', async at => {
      const { name } = await at.topic()
      const configs = ['5', '6'].map(value => ({ name: 'retention.ms', value }))
      await at.ask(alterConfigs, 2, { resources: [{ ...topicOf(name), configs }], validateOnly: false })
      await at.pause(200)
      await described(at, topicOf(name), ['retention.ms'])
    }),
    ...['7', 'x'].map(resourceName =>
      scenario(`a broker called '${resourceName}'`, async at => {
        await replaced(at, { ...broker, resourceName }, { 'log.cleaner.backoff.ms': '20000' })
      }),
    ),
    scenario('a setting of a broker that cannot change', async at => {
      await replaced(at, broker, { 'num.partitions': '3' })
    }),
    scenario('no resources', async at => {
      await at.ask(alterConfigs, 2, { resources: [], validateOnly: false })
    }),
  ],
}

export const listConfigResourcesFamily: Family = {
  name: 'ListConfigResources',
  scenarios: [
    scenario('version 0 lists client metrics only', async at => {
      await at.ask(listConfigResources, 0, {})
    }),
    ...[[types.broker], [types.metrics], [types.logger], [types.broker, types.logger]].map(resourceTypes =>
      scenario(`resources of the types ${resourceTypes}`, async at => {
        await at.ask(listConfigResources, 1, { resourceTypes })
      }),
    ),
    ...[[types.unknown], [1], [3], [64], [-1], [types.broker, 64]].map(resourceTypes =>
      scenario(`resources of the types ${resourceTypes}, of which not all are there`, async at => {
        await at.ask(listConfigResources, 1, { resourceTypes })
      }),
    ),
    scenario('a topic is listed, and a group that has settings', async at => {
      const { name } = await at.topic()
      const group = { resourceType: types.group, resourceName: at.name() }
      await at.quietly(incrementalAlterConfigs, 1, {
        resources: [
          {
            ...group,
            configs: [{ configOperation: set, name: 'consumer.session.timeout.ms', value: '50000' }],
          },
        ],
        validateOnly: false,
      })
      await at.pause(300)
      for (const resourceTypes of [[], [types.topic], [types.group], [types.topic, types.group]]) {
        const { configResources, ...rest } = await at.quietly(listConfigResources, 1, { resourceTypes })
        const mine = configResources.filter(each => [name, group.resourceName].includes(each.resourceName))
        at.note('ListConfigResources of mine', { ...rest, mine })
      }
    }),
  ],
}
