import { alterClientQuotas } from '../../../src/wire/apis/alter-client-quotas.js'
import { createPartitions } from '../../../src/wire/apis/create-partitions.js'
import { createTopics } from '../../../src/wire/apis/create-topics.js'
import { deleteTopics } from '../../../src/wire/apis/delete-topics.js'
import { describeClientQuotas } from '../../../src/wire/apis/describe-client-quotas.js'
import { eachVersion, type Family, scenario } from '../scenario.js'
import type { Stage } from '../stage.js'

type Entity = Readonly<Record<string, string | null>>
type Values = Readonly<Record<string, number | null>>

const [exactly, theDefault, anyName] = [0, 1, 2]
const noId = 'AAAAAAAAAAAAAAAAAAAAAA'

const entityOf = (entity: Entity) =>
  Object.entries(entity).map(([entityType, entityName]) => ({ entityType, entityName }))

const entry = (entity: Entity, values: Values) => ({
  entity: entityOf(entity),
  ops: Object.entries(values).map(([key, value]) => ({ key, value: value ?? 0, remove: value === null })),
})

const exact = (entity: Entity) =>
  Object.entries(entity).map(([entityType, match]) => ({
    entityType,
    matchType: match === null ? theDefault : exactly,
    match,
  }))

/** Sets quotas, and waits until the broker tells them. */
async function set(at: Stage, entity: Entity, values: Values): Promise<void> {
  await at.quietly(alterClientQuotas, 1, { entries: [entry(entity, values)], validateOnly: false })
  const count = Object.values(values).filter(value => value !== null).length
  await at.quietlyUntil(
    ({ entries }) => (entries?.[0]?.values.length ?? 0) === count,
    describeClientQuotas,
    1,
    { components: exact(entity), strict: true },
  )
}

const refusals: readonly [sentence: string, entity: Entity, values: Values][] = [
  ['an unknown type of entities', { topic: 'a' }, { producer_byte_rate: 1 }],
  ['an empty type of entities', { '': 'a' }, { producer_byte_rate: 1 }],
  ['no entity', {}, { producer_byte_rate: 1 }],
  ['an empty user', { user: '' }, { producer_byte_rate: 1 }],
  ['an empty client id', { 'client-id': '' }, { producer_byte_rate: 1 }],
  ['an empty address', { ip: '' }, { connection_creation_rate: 1 }],
  ['an address with a user', { ip: '10.1.1.1', user: 'a' }, { connection_creation_rate: 1 }],
  ['an address with a client id', { ip: null, 'client-id': 'a' }, { connection_creation_rate: 1 }],
  ['a host that is not known', { ip: 'no.such.host.invalid' }, { connection_creation_rate: 1 }],
  ['a quota of addresses for a user', { user: 'a' }, { connection_creation_rate: 1 }],
  ['a quota of users for an address', { ip: '10.1.1.1' }, { producer_byte_rate: 1 }],
  ['an unknown quota', { user: 'a' }, { no_such_rate: 1 }],
  ['a quota named like a property of objects', { user: 'a' }, { constructor: 1 }],
  ['a SCRAM mechanism of a user', { user: 'a' }, { 'SCRAM-SHA-256': 1 }],
  ['a SCRAM mechanism of a client id', { 'client-id': 'a' }, { 'SCRAM-SHA-256': 1 }],
  ['bytes of zero', { user: 'a' }, { producer_byte_rate: 0 }],
  ['bytes below zero', { user: 'a' }, { consumer_byte_rate: -1 }],
  ['half a byte', { user: 'a' }, { consumer_byte_rate: 1.5 }],
  ['more bytes than a long', { user: 'a' }, { consumer_byte_rate: 1e19 }],
  ['endless bytes', { user: 'a' }, { producer_byte_rate: Infinity }],
  ['a percentage of zero', { user: 'a' }, { request_percentage: 0 }],
  ['no changes of topics', { user: 'a' }, { controller_mutation_rate: 0 }],
  ['more connections than an int', { ip: '10.1.1.1' }, { connection_creation_rate: 2 ** 31 }],
  ['half a connection', { ip: '10.1.1.1' }, { connection_creation_rate: 0.5 }],
]

const allowed: readonly [sentence: string, entity: Entity, values: Values][] = [
  ['nearly a whole byte', { user: 'b' }, { consumer_byte_rate: 1.000_000_1 }],
  ['as many bytes as a long', { user: 'b' }, { consumer_byte_rate: 2 ** 63 }],
  ['bytes that are no number', { user: 'b' }, { producer_byte_rate: Number.NaN }],
  ['an endless percentage', { user: 'b' }, { request_percentage: Infinity }],
  ['a little of a percent', { user: 'b' }, { request_percentage: 0.01 }],
  ['nothing to change', { user: 'b' }, {}],
  ['an unknown quota to take back', { user: 'b' }, { no_such_rate: null }],
  ['a quota to take back that is not set', { user: 'b' }, { producer_byte_rate: null }],
  ['an address', { ip: '10.1.1.2' }, { connection_creation_rate: 1 }],
  ['an address of IPv6', { ip: '0:0::1' }, { connection_creation_rate: 1 }],
  ['a host that is known', { ip: 'localhost' }, { connection_creation_rate: 1 }],
  ['all other addresses', { ip: null }, { connection_creation_rate: 2 ** 31 - 1 }],
]

const wrongFilters: readonly [sentence: string, components: readonly object[]][] = [
  ['an empty type', [{ entityType: '', matchType: anyName, match: null }]],
  ['an unknown type', [{ entityType: 'topic', matchType: anyName, match: null }]],
  [
    'a type twice',
    [
      { entityType: 'user', matchType: anyName, match: null },
      { entityType: 'user', matchType: exactly, match: 'a' },
    ],
  ],
  ['no name to be matched exactly', [{ entityType: 'user', matchType: exactly, match: null }]],
  ['a name for the default', [{ entityType: 'user', matchType: theDefault, match: 'a' }]],
  ['a name for any', [{ entityType: 'user', matchType: anyName, match: 'a' }]],
  ['an unknown type of matches', [{ entityType: 'user', matchType: 3, match: null }]],
  [
    'addresses and users',
    [
      { entityType: 'ip', matchType: anyName, match: null },
      { entityType: 'user', matchType: anyName, match: null },
    ],
  ],
  [
    'client ids and addresses',
    [
      { entityType: 'client-id', matchType: exactly, match: 'a' },
      { entityType: 'ip', matchType: theDefault, match: null },
    ],
  ],
]

export const clientQuotasFamily: Family = {
  name: 'Client quotas',
  scenarios: [
    ...eachVersion(alterClientQuotas, 'quotas are set, changed and taken back', async (at, version) => {
      const client = { 'client-id': at.name() }
      const both = { user: at.name(), ...client }
      for (const values of [
        { producer_byte_rate: 1000, request_percentage: 12.5 },
        { producer_byte_rate: 2000, consumer_byte_rate: 3000 },
        { producer_byte_rate: null, request_percentage: null, consumer_byte_rate: null },
      ]) {
        const entries = [entry(client, values), entry(both, values)]
        await at.ask(alterClientQuotas, version, { entries, validateOnly: false })
        const count = values.producer_byte_rate === null ? 0 : values.producer_byte_rate === 1000 ? 2 : 3
        await at.until(
          ({ entries }) =>
            count === 0
              ? entries?.length === 0
              : entries?.length === 2 && entries.every(each => each.values.length === count),
          describeClientQuotas,
          version,
          { components: exact(client), strict: false },
        )
      }
    }),
    ...eachVersion(describeClientQuotas, 'filters find what they name', async (at, version) => {
      const [user, client] = [at.name(), at.name()]
      const entities = [{ user }, { 'client-id': client }, { user, 'client-id': client }]
      for (const entity of [...entities, { user, 'client-id': null }]) {
        await set(at, entity, { producer_byte_rate: 5 })
      }
      const anyClient = { entityType: 'client-id', matchType: anyName, match: null }
      for (const components of [
        exact({ user }),
        exact({ 'client-id': client }),
        exact({ user, 'client-id': client }),
        exact({ user, 'client-id': null }),
        [...exact({ user }), anyClient],
        exact({ user: 'nobody' }),
      ]) {
        for (const strict of [true, false]) {
          await at.ask(describeClientQuotas, version, { components, strict })
        }
      }
      await at.ask(describeClientQuotas, version, { components: [], strict: true })
    }),
    ...refusals.map(([sentence, entity, values]) =>
      scenario(`${sentence} is INVALID_REQUEST`, async at => {
        const entries = [entry(entity, values)]
        for (const validateOnly of [true, false])
          await at.ask(alterClientQuotas, 1, { entries, validateOnly })
      }),
    ),
    ...allowed.map(([sentence, entity, values]) =>
      scenario(`${sentence} is allowed`, async at => {
        await at.ask(alterClientQuotas, 1, { entries: [entry(entity, values)], validateOnly: true })
      }),
    ),
    ...wrongFilters.map(([sentence, components]) =>
      scenario(`a filter for ${sentence} is refused`, async at => {
        const request = { components: components as never, strict: false }
        for (const version of [0, 1]) await at.ask(describeClientQuotas, version, request)
      }),
    ),
    scenario('what is only validated changes nothing', async at => {
      const client = { 'client-id': at.name() }
      const entries = [entry(client, { producer_byte_rate: 1 })]
      await at.ask(alterClientQuotas, 1, { entries, validateOnly: true })
      await at.pause(300)
      await at.ask(describeClientQuotas, 1, { components: exact(client), strict: true })
    }),
    scenario('a wrong entity leaves the others of its request as they are asked for', async at => {
      const client = { 'client-id': at.name() }
      const values = { producer_byte_rate: 1 }
      const entries = [entry({ user: '' }, values), entry(client, values), entry({}, values)]
      await at.ask(alterClientQuotas, 1, { entries, validateOnly: false })
      await at.until(({ entries }) => entries?.length === 1, describeClientQuotas, 1, {
        components: exact(client),
        strict: true,
      })
    }),
    scenario('one wrong quota refuses all of its entity', async at => {
      const client = { 'client-id': at.name() }
      const entries = [entry(client, { producer_byte_rate: 1, consumer_byte_rate: 0 })]
      await at.ask(alterClientQuotas, 1, { entries, validateOnly: false })
      await at.pause(300)
      await at.ask(describeClientQuotas, 1, { components: exact(client), strict: true })
    }),
    scenario('a quota that is named twice is INVALID_REQUEST', async at => {
      const client = { 'client-id': at.name() }
      const [op] = entry(client, { producer_byte_rate: 1 }).ops as [object]
      const entries = [{ entity: entityOf(client), ops: [op, op] }] as never
      await at.ask(alterClientQuotas, 1, { entries, validateOnly: false })
      await at.pause(300)
      await at.ask(describeClientQuotas, 1, { components: exact(client), strict: true })
    }),
    scenario('an entity that is named twice is INVALID_REQUEST', async at => {
      const client = { 'client-id': at.name() }
      const entries = [entry(client, { producer_byte_rate: 1 }), entry(client, { consumer_byte_rate: 2 })]
      await at.ask(alterClientQuotas, 1, { entries, validateOnly: false })
      await at.pause(300)
      await at.ask(describeClientQuotas, 1, { components: exact(client), strict: true })
    }),
    scenario('an entity type that is named twice counts once, with its last name', async at => {
      const [one, two] = [at.name(), at.name()]
      const entity = [...entityOf({ user: one }), ...entityOf({ user: two })]
      const entries = [{ entity, ops: entry({}, { producer_byte_rate: 1 }).ops }]
      await at.ask(alterClientQuotas, 1, { entries, validateOnly: false })
      await at.until(({ entries }) => entries?.length === 1, describeClientQuotas, 1, {
        components: exact({ user: two }),
        strict: true,
      })
      await at.ask(describeClientQuotas, 1, { components: exact({ user: one }), strict: true })
    }),
    scenario('topics beyond the quota are THROTTLING_QUOTA_EXCEEDED for clients that know it', async at => {
      const clientId = at.name()
      await set(at, { 'client-id': clientId }, { controller_mutation_rate: 1 })
      await at.pause(500) // until the controller counts, too
      const name = at.name()
      const topics = (numPartitions: number) => [
        { name, numPartitions, replicationFactor: 1, assignments: [], configs: [] },
      ]
      const asked = async (partitions: number, version: number, validateOnly = false) => {
        const caller = await at.caller(clientId)
        await caller.ask(createTopics, version, { topics: topics(partitions), validateOnly })
      }
      await asked(4, 7, true)
      await asked(20, 7)
      await asked(1, 7, true)
      const more = await at.caller(clientId)
      const growth = {
        topics: [{ name, count: 30, assignments: null }],
        timeoutMs: 1000,
        validateOnly: false,
      }
      await more.ask(createPartitions, 3, growth)
      const away = await at.caller(clientId)
      await away.ask(deleteTopics, 6, { topics: [{ name, topicId: noId }], timeoutMs: 1000 })
      const oldClient = await at.caller(clientId)
      await oldClient.ask(deleteTopics, 4, { topicNames: [name], timeoutMs: 1000 })
    }),
  ],
}
