import assert from 'node:assert/strict'
import { test } from 'node:test'
import { alterClientQuotas } from '../../src/wire/apis/alter-client-quotas.js'
import { describeClientQuotas } from '../../src/wire/apis/describe-client-quotas.js'
import { errorName } from '../support/error-name.js'
import { temporaryFolder } from '../support/folder.js'
import { ServedBroker } from '../support/served-broker.js'

type Names = Readonly<Record<string, string | null>>
type Values = Readonly<Record<string, number | null>>

const entityOf = (names: Names) =>
  Object.entries(names).map(([entityType, entityName]) => ({ entityType, entityName }))

const entry = (names: Names, values: Values) => ({
  entity: entityOf(names),
  ops: Object.entries(values).map(([key, value]) => ({ key, value: value ?? 0, remove: value === null })),
})

/** Asks for changes. Returns the name of each one's error. */
async function alter(
  served: ServedBroker,
  entries: readonly ReturnType<typeof entry>[],
  { version = 1, validateOnly = false } = {},
) {
  const answer = await served.ask(alterClientQuotas, version, { entries, validateOnly })
  return answer.entries.map(errorName)
}

/** Returns the quotas that a filter finds, as they were set. */
async function described(
  served: ServedBroker,
  components: readonly { entityType: string; matchType: number; match: string | null }[] = [],
  { strict = false, version = 1 } = {},
) {
  const { entries } = await served.ask(describeClientQuotas, version, { components, strict })
  return (entries ?? []).map(({ entity, values }) => [
    Object.fromEntries(entity.map(({ entityType, entityName }) => [entityType, entityName])),
    Object.fromEntries(values.map(({ key, value }) => [key, value])),
  ])
}

for (const version of [0, 1]) {
  test(`quotas are set, changed and taken back, in version ${version}`, async () => {
    await using served = await ServedBroker.open()
    const entries = [
      entry({ user: 'ann', 'client-id': null }, { producer_byte_rate: 5, request_percentage: 0.5 }),
    ]
    assert.deepEqual(await alter(served, entries, { version }), ['NONE'])
    assert.deepEqual(await described(served, [], { version }), [
      [
        { user: 'ann', 'client-id': null },
        { producer_byte_rate: 5, request_percentage: 0.5 },
      ],
    ])
    const changes = [
      entry({ 'client-id': null, user: 'ann' }, { producer_byte_rate: null, request_percentage: 2 }),
    ]
    assert.deepEqual(await alter(served, changes, { version }), ['NONE'])
    assert.deepEqual(await described(served, [], { version }), [
      [{ user: 'ann', 'client-id': null }, { request_percentage: 2 }],
    ])
    await alter(served, [entry({ user: 'ann', 'client-id': null }, { request_percentage: null })], {
      version,
    })
    assert.deepEqual(await described(served, [], { version }), [])
  })
}

test('what is only validated is not set, and wrong entities leave the others alone', async () => {
  await using served = await ServedBroker.open()
  const right = entry({ 'client-id': 'app' }, { producer_byte_rate: 5 })
  assert.deepEqual(await alter(served, [right], { validateOnly: true }), ['NONE'])
  assert.deepEqual(await described(served), [])
  const wrong = entry({ user: 'ann' }, { producer_byte_rate: 5, connection_creation_rate: 5 })
  assert.deepEqual(await alter(served, [wrong, right]), ['INVALID_REQUEST', 'NONE'])
  assert.deepEqual(await described(served), [[{ 'client-id': 'app' }, { producer_byte_rate: 5 }]])
})

test('an entity that is named twice is an error, and is set as it is named first', async () => {
  await using served = await ServedBroker.open()
  const [first, second] = [5, 6].map(rate => entry({ 'client-id': 'app' }, { producer_byte_rate: rate }))
  assert.deepEqual(await alter(served, [first, second] as never), ['INVALID_REQUEST'])
  assert.deepEqual(await described(served), [[{ 'client-id': 'app' }, { producer_byte_rate: 5 }]])
})

test('filters find entities by name, by default, by type, and strictly', async () => {
  await using served = await ServedBroker.open()
  const entities: readonly Names[] = [
    { user: 'ann' },
    { user: null },
    { 'client-id': 'app' },
    { user: 'ann', 'client-id': 'app' },
    { user: 'ann', 'client-id': null },
  ]
  await alter(
    served,
    entities.map(names => entry(names, { consumer_byte_rate: 1 })),
  )
  const [exact, byDefault, any] = [0, 1, 2]
  const user = (matchType: number, match: string | null = null) => ({ entityType: 'user', matchType, match })
  const client = (matchType: number, match: string | null = null) => ({
    entityType: 'client-id',
    matchType,
    match,
  })
  const found = async (components: Parameters<typeof described>[1], strict: boolean) =>
    (await described(served, components, { strict })).map(([names]) =>
      entities.findIndex(each => JSON.stringify(each) === JSON.stringify(names)),
    )
  assert.deepEqual(await found([user(exact, 'ann')], false), [0, 3, 4])
  assert.deepEqual(await found([user(exact, 'ann')], true), [0])
  assert.deepEqual(await found([user(byDefault)], false), [1])
  assert.deepEqual(await found([user(any)], true), [0, 1])
  assert.deepEqual(await found([user(any), client(any)], true), [3, 4])
  assert.deepEqual(await found([client(exact, 'app')], false), [2, 3])
  assert.deepEqual(await found([], false), [0, 1, 2, 3, 4])
  assert.deepEqual(await found([], true), [])
})

test('a filter that makes no sense is refused', async () => {
  await using served = await ServedBroker.open()
  const ask = async (...components: { entityType: string; matchType: number; match: string | null }[]) => {
    const answer = await served.ask(describeClientQuotas, 1, { components, strict: false })
    return [errorName(answer), answer.entries]
  }
  assert.deepEqual(await ask({ entityType: 'topic', matchType: 2, match: null }), [
    'UNSUPPORTED_VERSION',
    null,
  ])
  for (const components of [
    [{ entityType: '', matchType: 2, match: null }],
    [{ entityType: 'user', matchType: 0, match: null }],
    [{ entityType: 'user', matchType: 1, match: 'ann' }],
    [{ entityType: 'user', matchType: 9, match: null }],
    [
      { entityType: 'user', matchType: 2, match: null },
      { entityType: 'ip', matchType: 2, match: null },
    ],
  ]) {
    assert.deepEqual(await ask(...components), ['INVALID_REQUEST', null])
  }
})

test('quotas are there again after a restart', async t => {
  const dataDir = await temporaryFolder(t)
  const set = entry({ user: null }, { controller_mutation_rate: 0.5 })
  {
    await using served = await ServedBroker.open({ dataDir })
    await alter(served, [set, entry({ ip: '10.0.0.1' }, { connection_creation_rate: 7 })])
  }
  await using served = await ServedBroker.open({ dataDir })
  assert.deepEqual(await described(served), [
    [{ user: null }, { controller_mutation_rate: 0.5 }],
    [{ ip: '10.0.0.1' }, { connection_creation_rate: 7 }],
  ])
})
