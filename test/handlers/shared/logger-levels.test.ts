import assert from 'node:assert/strict'
import { test } from 'node:test'
import { pino } from 'pino'
import { describeConfigs } from '../../../src/wire/apis/describe-configs.js'
import { incrementalAlterConfigs } from '../../../src/wire/apis/incremental-alter-configs.js'
import { metadata } from '../../../src/wire/apis/metadata.js'
import { errorName } from '../../support/error-name.js'
import { ServedBroker } from '../../support/served-broker.js'

const brokerLogger = 8
const [set, remove, append] = [0, 1, 2]

const alter = async (
  served: ServedBroker,
  config: { name: string; configOperation: number; value: string | null },
  { node = '0', validateOnly = false } = {},
) => {
  const resource = { resourceType: brokerLogger, resourceName: node, configs: [config] }
  const { responses } = await served.ask(incrementalAlterConfigs, 1, { resources: [resource], validateOnly })
  return responses[0]
}

const levelOf = async (served: ServedBroker) => {
  const resource = { resourceType: brokerLogger, resourceName: '0', configurationKeys: null }
  const { results } = await served.ask(describeConfigs, 4, { resources: [resource] })
  return results[0]?.configs.map(({ name, value, configSource, readOnly }) => [
    name,
    value,
    configSource,
    readOnly,
  ])
}

function heard() {
  const lines: string[] = []
  const logger = pino({ level: 'info' }, { write: line => void lines.push(JSON.parse(line).msg) })
  return { logger, lines }
}

test('a client can read and change the level of the logger while the broker runs, and requests are logged at debug', async () => {
  const { logger, lines } = heard()
  await using served = await ServedBroker.open({ logger })
  assert.deepEqual(await levelOf(served), [['root', 'INFO', 6, false]])
  await served.ask(metadata, 9, { topics: [] })
  assert.deepEqual(
    lines.filter(line => /Metadata/.test(line)),
    [],
  )
  assert.equal(errorName(await alter(served, { name: 'root', configOperation: set, value: 'DEBUG' })), 'NONE')
  assert.equal(logger.level, 'debug')
  assert.deepEqual(await levelOf(served), [['root', 'DEBUG', 6, false]])
  await served.ask(metadata, 9, { topics: [] })
  const [line = ''] = lines.filter(said => said.startsWith('Metadata'))
  assert.match(
    line,
    /^Metadata v9 of '[^']*' was handled in \d+\.\d ms \(connection \d+ of 127\.0\.0\.1, node 0\)\.$/,
  )
})

test('a change that is only to be checked changes nothing', async () => {
  const { logger } = heard()
  await using served = await ServedBroker.open({ logger })
  const change = { name: 'root', configOperation: set, value: 'ERROR' }
  assert.equal(errorName(await alter(served, change, { validateOnly: true })), 'NONE')
  assert.equal(logger.level, 'info')
})

test('a level is told by the name that it was given, although Kafka has more of them', async () => {
  const { logger } = heard()
  await using served = await ServedBroker.open({ logger })
  for (const [name, level] of [
    ['TRACE', 'debug'],
    ['FATAL', 'error'],
    ['ERROR', 'error'],
  ] as const) {
    await alter(served, { name: 'root', configOperation: set, value: name })
    assert.equal(logger.level, level)
    assert.deepEqual(await levelOf(served), [['root', name, 6, false]])
  }
  logger.level = 'warn'
  assert.deepEqual(await levelOf(served), [['root', 'WARN', 6, false]])
})

const refusals: readonly (readonly [Parameters<typeof alter>[1], string, string, string | null])[] = [
  [
    { name: 'kafka', configOperation: set, value: 'INFO' },
    '0',
    'INVALID_CONFIG',
    'Logger kafka does not exist!',
  ],
  [
    { name: 'root', configOperation: set, value: 'LOUD' },
    '0',
    'INVALID_CONFIG',
    'Cannot set the log level of root to LOUD as it is not a supported log level. Valid log levels are DEBUG, ERROR, FATAL, INFO, TRACE, WARN',
  ],
  [
    { name: 'root', configOperation: remove, value: null },
    '0',
    'INVALID_REQUEST',
    'Removing the log level of the root logger is not allowed',
  ],
  [
    { name: 'root', configOperation: set, value: 'constructor' },
    '0',
    'INVALID_CONFIG',
    'Cannot set the log level of root to constructor as it is not a supported log level. Valid log levels are DEBUG, ERROR, FATAL, INFO, TRACE, WARN',
  ],
  [{ name: 'root', configOperation: 9, value: 'INFO' }, '0', 'UNKNOWN_SERVER_ERROR', null],
  [
    { name: 'root', configOperation: set, value: 'INFO' },
    '99999999999',
    'INVALID_REQUEST',
    'Node id must be an integer, but it is: 99999999999',
  ],
  [
    { name: 'root', configOperation: append, value: 'INFO' },
    '0',
    'INVALID_REQUEST',
    'APPEND operation is not allowed for the BROKER_LOGGER resource',
  ],
  [
    { name: 'root', configOperation: set, value: 'INFO' },
    '7',
    'INVALID_REQUEST',
    'Unexpected node id. Expected 0, but received 7',
  ],
  [
    { name: 'root', configOperation: set, value: 'INFO' },
    '',
    'INVALID_REQUEST',
    'Node id must be an integer, but it is: ',
  ],
]

for (const [config, node, error, message] of refusals) {
  test(`a level that cannot be set is refused: ${message ?? error}`, async () => {
    await using served = await ServedBroker.open({ logger: heard().logger })
    const answer = await alter(served, config, { node })
    assert.deepEqual([errorName(answer), answer?.errorMessage], [error, message])
  })
}
