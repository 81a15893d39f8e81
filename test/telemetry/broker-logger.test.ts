import assert from 'node:assert/strict'
import { test } from 'node:test'
import { pino } from 'pino'
import { StorageFault } from '../../src/log/storage-fault.js'
import { BrokerLogger } from '../../src/telemetry/broker-logger.js'
import type { LogTarget } from '../../src/telemetry/log-target.js'
import { type LogLevel, logLevels } from '../../src/telemetry/logger.js'
import { KafkaError } from '../../src/wire/errors.js'

/** An object with pino's methods and nothing else, which keeps what it is called with. */
function plain() {
  const calls: unknown[][] = []
  const keep =
    (level: string) =>
    (...said: unknown[]) =>
      void calls.push([level, ...said])
  const target: LogTarget = {
    debug: keep('debug'),
    info: keep('info'),
    warn: keep('warn'),
    error: keep('error'),
  }
  return { target, calls }
}

function realPino(level: string) {
  const lines: Record<string, unknown>[] = []
  const write = (line: string) => void lines.push(JSON.parse(line))
  return { target: pino({ level, base: null, timestamp: false }, { write }), lines }
}

function sayAll(logger: BrokerLogger): void {
  for (const level of ['error', 'warn', 'info', 'debug'] as const) logger[level](level)
}

test('a pino instance gets a message, and an error with its cause as pino takes it', () => {
  const { target, lines } = realPino('info')
  const logger = new BrokerLogger(target)
  logger.info('all is well')
  logger.error('all is lost', new TypeError('why'))
  assert.deepEqual(lines[0], { level: 30, msg: 'all is well' })
  const { level, msg, err } = lines[1] as { level: number; msg: string; err: Record<string, string> }
  assert.deepEqual([level, msg, err.type, err.message], [50, 'all is lost', 'TypeError', 'why'])
  assert.match(err.stack as string, /broker-logger/)
})

test('an error that was foreseen ends the sentence with its words, and has no stack', () => {
  const { target, calls } = plain()
  const logger = new BrokerLogger(target)
  logger.error('/data could not be given back.', new StorageFault('full', '/data', 'ENOSPC: no space left'))
  logger.error('Reading failed.', new KafkaError('KAFKA_STORAGE_ERROR', '/data is offline.'))
  assert.deepEqual(calls, [
    ['error', '/data could not be given back: ENOSPC: no space left.'],
    ['error', 'Reading failed: /data is offline.'],
  ])
})

test('a message of a client with a percent sign is no format for pino', () => {
  const { target, lines } = realPino('info')
  new BrokerLogger(target).error('100%s of %d', new Error('x'))
  assert.equal(lines[0]?.msg, '100%s of %d')
})

test('any object with these methods is called as a pino instance would be', () => {
  const { target, calls } = plain()
  const cause = new Error('why')
  const logger = new BrokerLogger(target)
  logger.warn('look')
  logger.error('lost')
  logger.error('lost', cause)
  assert.deepEqual(calls, [
    ['warn', 'look'],
    ['error', 'lost'],
    ['error', { err: cause }, 'lost'],
  ])
})

test('`console` can be logged to', t => {
  const mock = t.mock.method(console, 'warn', () => undefined)
  new BrokerLogger(console).warn('look')
  assert.deepEqual(mock.mock.calls[0]?.arguments, ['look'])
})

for (const level of logLevels) {
  test(`at the level ${level} it says what is as grave, or graver, whichever logger keeps the level`, () => {
    const expected = logLevels.slice(1, logLevels.indexOf(level) + 1)
    const object = plain()
    sayAll(new BrokerLogger(object.target, level))
    assert.deepEqual(
      object.calls.map(([kind]) => kind),
      expected,
    )
    const { target, lines } = realPino('info')
    const logger = new BrokerLogger(target, level)
    sayAll(logger)
    assert.deepEqual(
      lines.map(({ msg }) => msg),
      expected,
    )
    assert.deepEqual([logger.level, logger.isDebug], [level, level === 'debug'])
  })
}

test('a pino instance keeps its own level where none is set, also when its owner changes it', () => {
  const { target, lines } = realPino('debug')
  const logger = new BrokerLogger(target)
  assert.deepEqual([logger.level, logger.isDebug], ['debug', true])
  target.level = 'error'
  sayAll(logger)
  assert.deepEqual([logger.level, logger.isDebug], ['error', false])
  assert.deepEqual(
    lines.map(({ msg }) => msg),
    ['error'],
  )
  target.level = 'trace'
  assert.equal(logger.level, 'debug')
})

test('an object without a level is at `info`, and the level can be changed at any time', () => {
  const { target, calls } = plain()
  const logger = new BrokerLogger(target)
  logger.debug('unheard')
  logger.level = 'debug'
  logger.debug('heard')
  assert.deepEqual(calls, [['debug', 'heard']])
})

test('without a target nothing is said', () => {
  const logger = new BrokerLogger(null, 'debug' satisfies LogLevel)
  sayAll(logger)
  assert.deepEqual([logger.level, logger.isDebug], ['silent', false])
})

test('what a client wrote cannot begin a line or move the cursor', () => {
  const { target, calls } = plain()
  new BrokerLogger(target).warn("Topic 'a\n\x1b[2J\x7f\x9b\u2028\u202e' of Zoë")
  assert.deepEqual(calls, [['warn', "Topic 'a\\n\\x1b[2J\\x7f\\x9b\\u2028\\u202e' of Zoë"]])
})
