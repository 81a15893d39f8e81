import { alterConfigs } from '../../../src/wire/apis/alter-configs.js'
import { createTopics } from '../../../src/wire/apis/create-topics.js'
import { describeConfigs } from '../../../src/wire/apis/describe-configs.js'
import { incrementalAlterConfigs } from '../../../src/wire/apis/incremental-alter-configs.js'
import { updateFeatures } from '../../../src/wire/apis/update-features.js'
import { type Family, scenario } from '../scenario.js'
import type { Stage } from '../stage.js'

const key = 'min.insync.replicas'
const feature = 'eligible.leader.replicas.version'
const types = { topic: 2, broker: 4 } as const
const [set, remove] = [0, 1]

async function told(at: Stage, topic: string) {
  await at.pause(500)
  for (const [resourceType, resourceName] of [
    [types.topic, topic],
    [types.broker, '0'],
    [types.broker, ''],
  ] as const) {
    const resources = [{ resourceType, resourceName, configurationKeys: [key] }]
    await at.ask(describeConfigs, 4, { resources, includeSynonyms: true, includeDocumentation: false })
  }
}

const alter = (
  at: Stage,
  resourceName: string,
  configOperation: number,
  value: string | null,
  validateOnly = false,
) =>
  at.ask(incrementalAlterConfigs, 1, {
    resources: [
      { resourceType: types.broker, resourceName, configs: [{ name: key, configOperation, value }] },
    ],
    validateOnly,
  })

const replace = (at: Stage, resourceName: string, configs: Readonly<Record<string, string>>) =>
  at.ask(alterConfigs, 2, {
    resources: [
      {
        resourceType: types.broker,
        resourceName,
        configs: Object.entries(configs).map(([name, value]) => ({ name, value })),
      },
    ],
    validateOnly: false,
  })

const level = (at: Stage, maxVersionLevel: number, upgradeType: number) =>
  at.ask(updateFeatures, 2, { featureUpdates: [{ feature, maxVersionLevel, upgradeType }] })

/** The scenarios; each leaves the level of the cluster as it was, so that it does not change for others. */
const sentences = (given: string): Family['scenarios'] => [
  scenario(
    `the number of a cluster that was started with ${given}`,
    async at => {
      const { name } = await at.topic()
      await told(at, name)
      await at.ask(createTopics, 7, {
        topics: [{ name: at.name(), numPartitions: 1, replicationFactor: 1, assignments: [], configs: [] }],
        timeoutMs: 5000,
      })
    },
    { alone: true },
  ),
  scenario(
    `the number is INVALID_CONFIG for one broker, and cannot be removed, with ${given}`,
    async at => {
      const { name } = await at.topic()
      for (const validateOnly of [true, false]) {
        await alter(at, '0', set, '2', validateOnly)
        await alter(at, '0', remove, null, validateOnly)
        await alter(at, '', remove, null, validateOnly)
      }
      await alter(at, '0', set, 'x')
      await alter(at, '', set, 'x')
      await alter(at, '', set, '0')
      await told(at, name)
      await alter(at, '', set, '3')
      await told(at, name)
      await replace(at, '0', { [key]: '2' })
      await replace(at, '0', {})
      await replace(at, '', {})
      await replace(at, '', { 'log.cleaner.backoff.ms': '20000' })
      await replace(at, '', { 'log.cleaner.backoff.ms': '20000', [key]: '2' })
      await told(at, name)
      await replace(at, '', { [key]: '1' })
      await told(at, name)
    },
    { alone: true },
  ),
  scenario(
    `the feature is switched off and on, with ${given}`,
    async at => {
      const { name } = await at.topic()
      await level(at, 2, 1)
      await level(at, 0, 1)
      await level(at, 1, 2)
      await level(at, 0, 2)
      await told(at, name)
      await level(at, 1, 2)
      await alter(at, '0', set, '4')
      await alter(at, '', remove, null)
      await told(at, name)
      await level(at, 1, 1)
      await told(at, name)
      await alter(at, '', set, '1')
      await level(at, 0, 3)
      await level(at, 1, 1)
      await told(at, name)
    },
    { alone: true },
  ),
]

export const leastInsyncFamily: Family = {
  name: 'min.insync.replicas of a new cluster',
  scenarios: sentences('nothing'),
}

export const leastInsyncGivenFamily: Family = {
  name: 'min.insync.replicas of a new cluster that was started with one',
  settings: { [key]: '2' },
  scenarios: sentences('2'),
}
