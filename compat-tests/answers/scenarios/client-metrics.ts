import { gzipSync } from 'node:zlib'
import { alterConfigs } from '../../../src/wire/apis/alter-configs.js'
import { apiVersions } from '../../../src/wire/apis/api-versions.js'
import { describeConfigs } from '../../../src/wire/apis/describe-configs.js'
import { getTelemetrySubscriptions } from '../../../src/wire/apis/get-telemetry-subscriptions.js'
import { incrementalAlterConfigs } from '../../../src/wire/apis/incremental-alter-configs.js'
import { listConfigResources } from '../../../src/wire/apis/list-config-resources.js'
import { pushTelemetry } from '../../../src/wire/apis/push-telemetry.js'
import type { Caller } from '../caller.js'
import { type Family, scenario } from '../scenario.js'
import type { Stage } from '../stage.js'

const clientMetrics = 16
const [set, remove, append, subtract] = [0, 1, 2, 3]
const zeroId = 'AAAAAAAAAAAAAAAAAAAAAA'
const reservedId = 'AAAAAAAAAAAAAAAAAAAAAQ'
const nothing = Buffer.alloc(0)

type Change = readonly [operation: number, name: string, value: string | null]

const alter = (
  at: Stage,
  resourceName: string,
  changes: readonly Change[],
  { validateOnly = false, quietly = false } = {},
) => {
  const configs = changes.map(([configOperation, name, value]) => ({ configOperation, name, value }))
  const ask = { resources: [{ resourceType: clientMetrics, resourceName, configs }], validateOnly }
  return quietly ? at.quietly(incrementalAlterConfigs, 1, ask) : at.ask(incrementalAlterConfigs, 1, ask)
}

const replace = (at: Stage, resourceName: string, configs: Readonly<Record<string, string | null>>) =>
  at.ask(alterConfigs, 2, {
    resources: [
      {
        ...{ resourceType: clientMetrics, resourceName },
        configs: Object.entries(configs).map(([name, value]) => ({ name, value })),
      },
    ],
    validateOnly: false,
  })

/** Kafka tells its brokers of changes by and by. */
async function told(at: Stage, resourceName: string, keys: readonly string[] | null = null) {
  await at.pause(400)
  for (const includeSynonyms of [true, false]) {
    await at.ask(describeConfigs, 4, {
      resources: [{ resourceType: clientMetrics, resourceName, configurationKeys: keys }],
      includeSynonyms,
      includeDocumentation: !includeSynonyms,
    })
  }
  const { configResources } = await at.quietly(listConfigResources, 1, { resourceTypes: [clientMetrics] })
  const mine = configResources.filter(each => each.resourceName === resourceName)
  at.note('ListConfigResources of mine', { mine })
}

const refusals: readonly (readonly [what: string, changes: readonly Change[]])[] = [
  ['a setting that there is not is INVALID_REQUEST', [[set, 'retention.ms', '5']]],
  ['no name of a setting', [[set, '', '5']]],
  ['an interval that is no number is INVALID_CONFIG', [[set, 'interval.ms', 'soon']]],
  ['an interval below 100 is INVALID_REQUEST', [[set, 'interval.ms', '99']]],
  ['an interval above an hour', [[set, 'interval.ms', '3600001']]],
  ['an interval that is negative', [[set, 'interval.ms', '-1']]],
  ['an interval of nothing', [[set, 'interval.ms', '']]],
  ['an interval of null', [[set, 'interval.ms', null]]],
  ['the least interval', [[set, 'interval.ms', ' 100 ']]],
  ['the greatest interval', [[set, 'interval.ms', '3600000']]],
  ['a match of an unknown attribute is INVALID_CONFIG', [[set, 'match', 'client=x']]],
  ['a match without an expression', [[set, 'match', 'client_id=']]],
  ['a match without an attribute', [[set, 'match', '=x']]],
  ['a match without a sign', [[set, 'match', 'client_id']]],
  ['a match with two signs', [[set, 'match', 'client_id=a=b']]],
  ['a match with signs behind it', [[set, 'match', 'client_id=a==']]],
  ['a match that is no expression', [[set, 'match', 'client_id=(']]],
  ['a match of nothing', [[set, 'match', '']]],
  ['a match with blanks', [[set, 'match', ' client_id = a.* , client_source_address=127.* ']]],
  ['a match with an empty part', [[set, 'match', 'client_id=a,,client_id=b']]],
  ['a match that ends in a comma', [[set, 'match', 'client_id=a,']]],
  ['the same attribute twice', [[set, 'match', 'client_id=a,client_id=b']]],
  ['metrics with an empty part', [[set, 'metrics', 'a,,b']]],
  ['metrics twice', [[set, 'metrics', 'a,b, a']]],
  ['metrics of nothing', [[set, 'metrics', '']]],
  ['an append to metrics', [[append, 'metrics', 'a,b']]],
  ['a subtraction from metrics', [[subtract, 'metrics', 'a']]],
  ['an append to the interval', [[append, 'interval.ms', '5']]],
  ['a removal of what is not set', [[remove, 'metrics', null]]],
  ['a removal of what there is not', [[remove, 'no.such', null]]],
  ['an operation that there is not', [[9, 'metrics', 'a']]],
  [
    'the first of two errors counts',
    [
      [set, 'interval.ms', '5'],
      [set, 'match', 'x'],
    ],
  ],
  [
    'a name that is unknown counts before a bad value',
    [
      [set, 'interval.ms', 'x'],
      [set, 'no.such', '1'],
    ],
  ],
]

export const clientMetricsFamily: Family = {
  name: 'Resources of client metrics',
  scenarios: [
    scenario('a subscription is set, changed, and gone when nothing is set any more', async at => {
      const name = at.name()
      await told(at, name)
      await alter(at, name, [
        [set, 'metrics', 'org.apache.kafka.producer., org.apache.kafka.consumer.'],
        [set, 'interval.ms', '5000'],
        [set, 'match', 'client_id=nobody-.*,client_software_name=x'],
      ])
      await told(at, name)
      await told(at, name, ['interval.ms', 'no.such'])
      await alter(at, name, [[remove, 'interval.ms', null]])
      await alter(at, name, [[append, 'metrics', 'more']])
      await alter(at, name, [[set, 'metrics', 'more']])
      await told(at, name)
      await replace(at, name, { 'interval.ms': '6000', match: 'client_id=nobody' })
      await told(at, name)
      await replace(at, name, {})
      await told(at, name)
    }),
    ...refusals.map(([what, changes]) =>
      scenario(what, async at => {
        const name = at.name()
        await alter(at, name, [[set, 'match', 'client_id=nobody']], { quietly: true })
        await alter(at, name, changes, { validateOnly: true })
        await alter(at, name, changes)
        await told(at, name)
        const values = changes.map(([, key, value]) => [key, value] as const)
        await replace(at, name, Object.fromEntries(values))
        await alter(
          at,
          name,
          ['match', 'metrics', 'interval.ms'].map(key => [remove, key, null] as const),
          { quietly: true },
        )
      }),
    ),
    scenario('a subscription without a name is INVALID_REQUEST', async at => {
      await alter(at, '', [[set, 'interval.ms', '5000']])
      await alter(at, '', [[set, 'interval.ms', 'x']])
      await replace(at, '', {})
      await told(at, '')
    }),
    scenario('version 0 of ListConfigResources lists subscriptions', async at => {
      const name = at.name()
      await alter(at, name, [[set, 'match', 'client_id=nobody']])
      await at.pause(400)
      const { configResources } = await at.quietly(listConfigResources, 0, {})
      at.note('ListConfigResources of mine', {
        mine: configResources.filter(each => each.resourceName === name),
      })
      await replace(at, name, {})
    }),
  ],
}

/** An id that no other scenario has, the same with each broker. */
const newId = (at: Stage) => Buffer.from(at.name().padEnd(16, '.')).toString('base64url')

const asks = (caller: Caller, clientInstanceId: string) =>
  caller.ask(getTelemetrySubscriptions, 0, { clientInstanceId })

async function subscribed(at: Stage, ...wanted: readonly Readonly<Record<string, string>>[]) {
  for (const configs of wanted) {
    await alter(
      at,
      at.name(),
      Object.entries(configs).map(([key, value]) => [set, key, value] as const),
    )
  }
  await at.pause(500)
}

/** Keeps the metrics that are wanted of a client which tells this of itself. */
async function wantedOf(at: Stage, clientId: string | null, name = '', version = '', id = newId(at)) {
  const caller = await at.caller(clientId)
  if (name !== '') {
    await caller.quietly(apiVersions, 3, { clientSoftwareName: name, clientSoftwareVersion: version })
  }
  const answer = await caller.quietly(getTelemetrySubscriptions, 0, { clientInstanceId: id })
  at.note('GetTelemetrySubscriptions', {
    ...answer,
    subscriptionId: answer.subscriptionId !== 0,
    requestedMetrics: answer.requestedMetrics.toSorted(),
    isSameId: answer.clientInstanceId === id,
  })
}

const push = (
  caller: Caller,
  clientInstanceId: string,
  subscriptionId: number,
  { terminating = false, compressionType = 4, metrics = nothing } = {},
) => caller.ask(pushTelemetry, 0, { clientInstanceId, subscriptionId, terminating, compressionType, metrics })

export const telemetryFamily: Family = {
  name: 'GetTelemetrySubscriptions and PushTelemetry',
  scenarios: [
    scenario(
      'nothing is wanted where there is no subscription, and the id of what is wanted is the same',
      async at => {
        await asks(at.first, newId(at))
      },
      { alone: true },
    ),
    scenario('a client without an id gets one, and has to wait: THROTTLING_QUOTA_EXCEEDED', async at => {
      const { clientInstanceId } = await at.quietly(getTelemetrySubscriptions, 0, {
        clientInstanceId: zeroId,
      })
      at.note('GetTelemetrySubscriptions', { isNew: clientInstanceId !== zeroId })
      await asks(at.first, clientInstanceId)
      await asks(await at.caller(), clientInstanceId)
      await asks(at.first, reservedId)
    }),
    scenario(
      'what is wanted of a client follows from the subscriptions that match it',
      async at => {
        await subscribed(
          at,
          { metrics: 'for.ann', match: 'client_id=ann', 'interval.ms': '7000' },
          { metrics: 'for.ann.too,and.more', match: 'client_id=an.' },
          { metrics: 'for.part', match: 'client_id=an' },
          { metrics: 'for.java', match: 'client_software_name=java.*,client_software_version=1[.].*' },
          { metrics: 'for.unknown', match: 'client_software_name=unknown,client_id=.*x' },
          { metrics: '*,and.all', match: 'client_id=all' },
          { match: 'client_id=bob', 'interval.ms': '200' },
          { metrics: 'for.an.address', match: 'client_source_address=127[.]0[.]0[.]1,client_id=addressed' },
          { metrics: 'for.a.port', match: 'client_source_port=[0-9]+,client_id=addressed' },
          { metrics: 'for.no.port', match: 'client_source_port=x.*,client_id=addressed' },
          {
            metrics: 'for.an.instance',
            match: `client_instance_id=${Buffer.from('instance of one.').toString('base64url')}`,
          },
        )
        await wantedOf(at, 'ann')
        await wantedOf(at, 'bob')
        await wantedOf(at, 'all')
        await wantedOf(at, 'addressed')
        await wantedOf(at, 'x')
        await wantedOf(at, null)
        await wantedOf(at, 'y', 'java-client', '1.5')
        await wantedOf(at, 'y', 'java-client', '2.5')
        await wantedOf(at, 'ax', 'c-client', '2.5')
        await wantedOf(at, 'y', '', '', Buffer.from('instance of one.').toString('base64url'))
        const { configResources } = await at.quietly(listConfigResources, 0, {})
        for (const { resourceName } of configResources) {
          const gone = ['match', 'metrics', 'interval.ms'].map(key => [remove, key, null] as const)
          await alter(at, resourceName, gone, { quietly: true })
        }
      },
      { alone: true },
    ),
    scenario(
      'a client asks anew when the subscriptions have changed, and pushes in its pace',
      async at => {
        const [id, name] = [newId(at), at.name()]
        const caller = await at.caller('carl')
        await push(caller, id, 5)
        const first = await caller.quietly(getTelemetrySubscriptions, 0, { clientInstanceId: id })
        await asks(caller, id)
        await push(caller, id, first.subscriptionId, { metrics: Buffer.from('anything') })
        await push(caller, id, first.subscriptionId)
        await alter(at, name, [
          [set, 'metrics', 'a'],
          [set, 'match', 'client_id=carl'],
          [set, 'interval.ms', '1000'],
        ])
        await at.pause(500)
        await push(caller, id, first.subscriptionId)
        const second = await caller.quietly(getTelemetrySubscriptions, 0, { clientInstanceId: id })
        at.note('GetTelemetrySubscriptions', {
          changed: second.subscriptionId !== first.subscriptionId,
          metrics: second.requestedMetrics,
          every: second.pushIntervalMs,
        })
        await push(caller, id, second.subscriptionId, { compressionType: 9 })
        await asks(caller, id).then(() => {})
        await push(caller, id, second.subscriptionId, { compressionType: 0, terminating: true })
        await push(caller, id, second.subscriptionId, { terminating: true })
        await at.pause(1100)
        await push(caller, id, second.subscriptionId)
        await replace(at, name, {})
      },
      { alone: true },
    ),
    scenario('a push without an id is INVALID_REQUEST', async at => {
      await push(at.first, zeroId, 0)
      await push(at.first, reservedId, 0)
    }),
    scenario('a push of too much is TELEMETRY_TOO_LARGE', async at => {
      const id = newId(at)
      const { subscriptionId } = await at.quietly(getTelemetrySubscriptions, 0, { clientInstanceId: id })
      await push(at.first, id, subscriptionId, { metrics: Buffer.alloc(1_048_577) })
      await push(at.first, id, subscriptionId)
    }),
    scenario('a push without a subscription is UNKNOWN_SUBSCRIPTION_ID', async at => {
      const id = newId(at)
      await push(at.first, id, 77)
      await asks(at.first, id)
    }),
    scenario('an unknown codec is UNSUPPORTED_COMPRESSION_TYPE', async at => {
      for (const compressionType of [0, 1, 2, 3, 4, 5, -1]) {
        const id = newId(at)
        const { subscriptionId } = await at.quietly(getTelemetrySubscriptions, 0, { clientInstanceId: id })
        await push(at.first, id, subscriptionId, { compressionType, metrics: Buffer.from('x') })
      }
    }),
    scenario('metrics that cannot be inflated are INVALID_RECORD', async at => {
      const packed = gzipSync('metrics')
      for (const [compressionType, metrics] of [
        [1, packed],
        [1, packed.subarray(0, -9)],
        [1, gzipSync(Buffer.alloc(2 << 20))],
        [1, gzipSync(Buffer.alloc(20 << 20))],
        [2, packed],
        [3, packed],
        [4, packed],
      ] as const) {
        const id = newId(at)
        const { subscriptionId } = await at.quietly(getTelemetrySubscriptions, 0, { clientInstanceId: id })
        await push(at.first, id, subscriptionId, { compressionType, metrics })
        await asks(at.first, id)
      }
    }),
    scenario('an id is forgotten with the connection that brought it', async at => {
      const id = newId(at)
      const caller = await at.caller()
      await asks(caller, id)
      await asks(at.first, id)
      caller.close()
      await at.pause(500)
      await asks(at.first, id)
      await asks(at.first, id)
    }),
  ],
}
