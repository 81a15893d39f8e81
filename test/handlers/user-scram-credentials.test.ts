import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { BrokerOptions } from '../../src/index.js'
import { alterUserScramCredentials } from '../../src/wire/apis/alter-user-scram-credentials.js'
import { describeConfigs } from '../../src/wire/apis/describe-configs.js'
import { describeUserScramCredentials } from '../../src/wire/apis/describe-user-scram-credentials.js'
import { MetadataWorld } from '../cluster/metadata-world.js'
import { errorName } from '../support/error-name.js'
import { temporaryFolder } from '../support/folder.js'
import { ServedBroker } from '../support/served-broker.js'

const [sha256, sha512] = [1, 2]
/** The values that no answer and no log line may show. */
const secrets = { salt: 'salt of a test', saltedPassword: 'a password, salted and hashed' }
const credential = (name: string, mechanism: number = sha256, iterations = 4096) => ({
  name,
  mechanism,
  iterations,
  salt: Buffer.from(secrets.salt),
  saltedPassword: Buffer.from(secrets.saltedPassword),
})
type Upsertion = ReturnType<typeof credential>
type Deletion = Pick<Upsertion, 'name' | 'mechanism'>

async function opened(options: Parameters<typeof ServedBroker.open>[0] = {}) {
  const served = await ServedBroker.open(options)
  const alter = async (upsertions: readonly Upsertion[], deletions: readonly Deletion[] = []) => {
    const { results } = await served.ask(alterUserScramCredentials, 0, { upsertions, deletions })
    return results.map(each => [each.user, errorName(each), each.errorMessage])
  }
  const describe = async (...users: readonly string[]) => {
    const named = users.length > 0 ? users.map(name => ({ name })) : null
    const { results, ...rest } = await served.ask(describeUserScramCredentials, 0, { users: named })
    assert.deepEqual(rest, { throttleTimeMs: 0, errorCode: 0, errorMessage: '' })
    return results.map(each => [
      each.user,
      errorName(each),
      each.errorMessage ||
        each.credentialInfos.map(({ mechanism, iterations }) => `${mechanism}: ${iterations}`),
    ])
  }
  return { served, alter, describe, [Symbol.asyncDispose]: () => served[Symbol.asyncDispose]() }
}

const done = (user: string) => [user, 'NONE', null]

test('credentials are described by mechanism and iterations, until they are taken away', async () => {
  await using world = await opened()
  assert.deepEqual(await world.describe(), [])
  assert.deepEqual(await world.alter([credential('ann'), credential('bob', sha512, 8192)]), [
    done('ann'),
    done('bob'),
  ])
  assert.deepEqual(await world.alter([credential('ann', sha512, 16_384)]), [done('ann')])
  assert.deepEqual(await world.describe(), [
    ['ann', 'NONE', ['1: 4096', '2: 16384']],
    ['bob', 'NONE', ['2: 8192']],
  ])
  assert.deepEqual(
    await world.alter([credential('ann', sha256, 5000)], [{ name: 'bob', mechanism: sha512 }]),
    [done('bob'), done('ann')],
  )
  assert.deepEqual(await world.describe(), [['ann', 'NONE', ['1: 5000', '2: 16384']]])
})

test('credentials are there after a restart, also from a snapshot', async t => {
  const dataDir = await temporaryFolder(t)
  const options: BrokerOptions = {
    dataDir,
    set: { 'metadata.log.max.record.bytes.between.snapshots': 1 },
  }
  {
    await using world = await opened(options)
    await world.alter([credential('ann'), credential('bob')])
    await world.alter([], [{ name: 'bob', mechanism: sha256 }])
    await world.alter([credential('ann', sha512)])
  }
  for (let i = 0; i < 2; i++) {
    await using world = await opened(options)
    assert.deepEqual(await world.describe(), [['ann', 'NONE', ['1: 4096', '2: 4096']]])
  }
})

const refusals: readonly (readonly [what: string, Upsertion, error: string, message: string])[] = [
  ['a user without a name', credential(''), 'UNACCEPTABLE_CREDENTIAL', 'Username must not be empty'],
  [
    'a mechanism that there is not',
    credential('ann', 3),
    'UNSUPPORTED_SASL_MECHANISM',
    'Unknown SCRAM mechanism',
  ],
  ['too few iterations', credential('ann', sha256, 4095), 'UNACCEPTABLE_CREDENTIAL', 'Too few iterations'],
  [
    'too many iterations',
    credential('ann', sha512, 16_385),
    'UNACCEPTABLE_CREDENTIAL',
    'Too many iterations',
  ],
]

for (const [what, wrong, error, message] of refusals) {
  test(`${what} is refused, and another user of the request is served`, async () => {
    await using world = await opened()
    assert.deepEqual(await world.alter([wrong, credential('bob')]), [
      [wrong.name, error, message],
      done('bob'),
    ])
    assert.deepEqual(await world.describe(), [['bob', 'NONE', ['1: 4096']]])
  })
}

test('a credential that is not there cannot be taken away', async () => {
  await using world = await opened()
  await world.alter([credential('ann')])
  const message = 'Attempt to delete a user credential that does not exist'
  assert.deepEqual(await world.alter([], [{ name: 'ann', mechanism: sha512 }]), [
    ['ann', 'RESOURCE_NOT_FOUND', message],
  ])
})

test('a request that changes a user twice changes nothing of that user, and the first error counts', async () => {
  await using world = await opened()
  await world.alter([credential('ann')])
  const twice = (user: string) => [
    user,
    'DUPLICATE_RESOURCE',
    'A user credential cannot be altered twice in the same request',
  ]
  const both = [credential('ann', sha256, 5000), credential('ann', sha512)]
  assert.deepEqual(await world.alter(both), [twice('ann')])
  assert.deepEqual(await world.alter([credential('ann', sha512)], [{ name: 'ann', mechanism: sha256 }]), [
    twice('ann'),
  ])
  const [answer] = await world.alter([credential('bob')], [{ name: 'bob', mechanism: sha256 }])
  assert.equal(answer?.[1], 'RESOURCE_NOT_FOUND')
  assert.deepEqual(await world.describe(), [['ann', 'NONE', ['1: 4096']]])
})

test('a user who is named twice, or who is not there, is an error', async () => {
  await using world = await opened()
  await world.alter([credential('ann')])
  assert.deepEqual(await world.describe('ann', 'bob', 'ann'), [
    [
      'ann',
      'DUPLICATE_RESOURCE',
      'Cannot describe SCRAM credentials for the same user twice in a single request: ann',
    ],
    ['bob', 'RESOURCE_NOT_FOUND', 'Attempt to describe a user credential that does not exist: bob'],
  ])
})

test('metadata of a version without credentials take none', async () => {
  const before = await MetadataWorld.open()
  await before.metadata.changeFeatures(() => new Map([['metadata.version', 10]]))
  await before.metadata.close()
  await before.log.close()
  await using world = await opened({ files: before.disk.killed() })
  const message = 'The current metadata.version does not support SCRAM'
  assert.deepEqual(await world.alter([credential('ann')], [{ name: 'bob', mechanism: sha256 }]), [
    ['bob', 'UNSUPPORTED_VERSION', message],
    ['ann', 'UNSUPPORTED_VERSION', message],
  ])
})

test('nothing of a password is logged, described, or told with an error', async () => {
  const heard: string[] = []
  const note = (...said: unknown[]) => void heard.push(JSON.stringify(said))
  await using world = await opened({
    logger: { debug: note, info: note, warn: note, error: note },
    set: { 'ottla.log.level': 'debug' },
  })
  const told = [
    await world.alter([credential('ann'), credential('')], [{ name: 'bob', mechanism: sha256 }]),
    await world.describe(),
  ]
  const resources = [4, 2].map(resourceType => ({
    resourceType,
    resourceName: resourceType === 4 ? '0' : 'ann',
  }))
  const { results } = await world.served.ask(describeConfigs, 4, { resources, includeSynonyms: true })
  const all = JSON.stringify([heard, told, results])
  assert.match(all, /AlterUserScramCredentials/)
  for (const secret of Object.values(secrets)) {
    for (const form of ['utf8', 'base64', 'hex'] as const) {
      assert.ok(!all.includes(Buffer.from(secret).toString(form)), `${secret} in ${form}`)
    }
  }
})
