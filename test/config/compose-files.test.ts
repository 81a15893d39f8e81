import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ConfigurationError } from '../../src/config/configuration-error.js'
import type { ResolvedNode } from '../../src/config/nodes.js'
import { resolve } from '../../src/config/resolve.js'
import { heardBy } from '../support/log-target.js'

interface Started {
  readonly listens: readonly string[]
  readonly told: readonly string[]
  readonly warned: readonly string[]
}

/**
 * The addresses where a container with this environment would listen, and those that it would tell its clients;
 * `dialled` stands for the address that the client dialled.
 */
function started(env: Readonly<Record<string, string>>): Started {
  const warned: string[] = []
  const warn = (message: string) => void warned.push(message)
  const logger = heardBy(warn)
  const defaults = { port: 9092, dataDir: './ottla-data' }
  const [node] = resolve({ env, defaults, logger }).nodes
  const { listeners, advertised: told } = node as ResolvedNode
  return {
    listens: listeners.map(({ name, host, port }) => `${name} ${host || '*'}:${port}`),
    told: listeners.map(({ name, port }) => {
      const address = told.get(name)
      return `${name} ${address?.host || 'dialled'}:${address?.port ?? port}`
    }),
    warned,
  }
}

interface Case {
  readonly what: string
  readonly env: Readonly<Record<string, string>>
  readonly listens: readonly string[]
  readonly told: readonly string[]
}

const zookeeper = { KAFKA_ZOOKEEPER_CONNECT: 'zookeeper:2181' }
const protocols = 'INTERNAL:PLAINTEXT,EXTERNAL:PLAINTEXT,CONTROLLER:PLAINTEXT'

/** Environments as compose files of all kinds have them, by image and by what they want to reach. */
const cases: readonly Case[] = [
  {
    what: 'an image with ZooKeeper, one advertised address on the host',
    env: { ...zookeeper, KAFKA_BROKER_ID: '1', KAFKA_ADVERTISED_LISTENERS: 'PLAINTEXT://localhost:9092' },
    listens: ['PLAINTEXT 0.0.0.0:9092'],
    told: ['PLAINTEXT localhost:9092'],
  },
  {
    what: 'one advertised port that is not 9092',
    env: { ...zookeeper, KAFKA_ADVERTISED_LISTENERS: 'PLAINTEXT://localhost:29092' },
    listens: ['PLAINTEXT 0.0.0.0:29092'],
    told: ['PLAINTEXT localhost:29092'],
  },
  {
    what: 'two advertised addresses, one for containers and one for the host, and no listeners',
    env: {
      ...zookeeper,
      KAFKA_LISTENER_SECURITY_PROTOCOL_MAP: 'PLAINTEXT:PLAINTEXT,PLAINTEXT_HOST:PLAINTEXT',
      KAFKA_ADVERTISED_LISTENERS: 'PLAINTEXT://broker:29092,PLAINTEXT_HOST://localhost:9092',
      KAFKA_INTER_BROKER_LISTENER_NAME: 'PLAINTEXT',
    },
    listens: ['PLAINTEXT 0.0.0.0:29092', 'PLAINTEXT_HOST 0.0.0.0:9092'],
    told: ['PLAINTEXT broker:29092', 'PLAINTEXT_HOST localhost:9092'],
  },
  {
    what: 'KRaft in one node, everything named',
    env: {
      KAFKA_NODE_ID: '1',
      KAFKA_PROCESS_ROLES: 'broker,controller',
      KAFKA_CONTROLLER_QUORUM_VOTERS: '1@broker:29093',
      KAFKA_CONTROLLER_LISTENER_NAMES: 'CONTROLLER',
      KAFKA_LISTENERS: 'PLAINTEXT://broker:29092,CONTROLLER://broker:29093,PLAINTEXT_HOST://0.0.0.0:9092',
      KAFKA_ADVERTISED_LISTENERS: 'PLAINTEXT://broker:29092,PLAINTEXT_HOST://localhost:9092',
      KAFKA_LISTENER_SECURITY_PROTOCOL_MAP:
        'CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,PLAINTEXT_HOST:PLAINTEXT',
      KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR: '1',
      CLUSTER_ID: 'MkU3OEVBNTcwNTJENDM2Qk',
    },
    listens: ['PLAINTEXT broker:29092', 'PLAINTEXT_HOST 0.0.0.0:9092'],
    told: ['PLAINTEXT broker:29092', 'PLAINTEXT_HOST localhost:9092'],
  },
  {
    what: 'KRaft whose controllers listen under a name of their own',
    env: {
      KAFKA_PROCESS_ROLES: 'broker,controller',
      KAFKA_CONTROLLER_LISTENER_NAMES: 'QUORUM',
      KAFKA_LISTENERS: 'QUORUM://:9093,PLAINTEXT://:9092',
      KAFKA_LISTENER_SECURITY_PROTOCOL_MAP: 'QUORUM:PLAINTEXT,PLAINTEXT:PLAINTEXT',
    },
    listens: ['PLAINTEXT *:9092'],
    told: ['PLAINTEXT dialled:9092'],
  },
  {
    what: 'the image of another vendor, with its prefix',
    env: {
      KAFKA_CFG_NODE_ID: '0',
      KAFKA_CFG_PROCESS_ROLES: 'controller,broker',
      KAFKA_CFG_LISTENERS: 'PLAINTEXT://:9092,CONTROLLER://:9093,EXTERNAL://:9094',
      KAFKA_CFG_ADVERTISED_LISTENERS: 'PLAINTEXT://kafka:9092,EXTERNAL://localhost:9094',
      KAFKA_CFG_LISTENER_SECURITY_PROTOCOL_MAP: 'CONTROLLER:PLAINTEXT,EXTERNAL:PLAINTEXT,PLAINTEXT:PLAINTEXT',
      KAFKA_CFG_CONTROLLER_QUORUM_VOTERS: '0@kafka:9093',
      KAFKA_CFG_CONTROLLER_LISTENER_NAMES: 'CONTROLLER',
      ALLOW_PLAINTEXT_LISTENER: 'yes',
    },
    listens: ['PLAINTEXT *:9092', 'EXTERNAL *:9094'],
    told: ['PLAINTEXT kafka:9092', 'EXTERNAL localhost:9094'],
  },
  {
    what: 'an inner address without a host, an outer one with a host',
    env: {
      ...zookeeper,
      KAFKA_LISTENERS: 'INTERNAL://:9092,EXTERNAL://:9094',
      KAFKA_ADVERTISED_LISTENERS: 'INTERNAL://:9092,EXTERNAL://localhost:9094',
      KAFKA_LISTENER_SECURITY_PROTOCOL_MAP: protocols,
      KAFKA_INTER_BROKER_LISTENER_NAME: 'INTERNAL',
    },
    listens: ['INTERNAL *:9092', 'EXTERNAL *:9094'],
    told: ['INTERNAL dialled:9092', 'EXTERNAL localhost:9094'],
  },
  {
    what: 'the host and port of the time before listeners had names',
    env: { ...zookeeper, KAFKA_ADVERTISED_HOST_NAME: '192.168.99.100', KAFKA_ADVERTISED_PORT: '9192' },
    listens: ['PLAINTEXT 0.0.0.0:9192'],
    told: ['PLAINTEXT 192.168.99.100:9192'],
  },
  {
    what: 'only a host of that time, and topics to create',
    env: { ...zookeeper, KAFKA_ADVERTISED_HOST_NAME: 'kafka', KAFKA_CREATE_TOPICS: 'a:1:1,b:3:1:compact' },
    listens: ['PLAINTEXT 0.0.0.0:9092'],
    told: ['PLAINTEXT kafka:9092'],
  },
  {
    what: 'only a listener on all addresses',
    env: { KAFKA_LISTENERS: 'PLAINTEXT://0.0.0.0:9092', KAFKA_AUTO_CREATE_TOPICS_ENABLE: 'true' },
    listens: ['PLAINTEXT 0.0.0.0:9092'],
    told: ['PLAINTEXT dialled:9092'],
  },
  {
    what: 'nothing but settings of topics',
    env: { KAFKA_NUM_PARTITIONS: '3', KAFKA_LOG_RETENTION_HOURS: '1' },
    listens: ['PLAINTEXT 127.0.0.1:9092'],
    told: ['PLAINTEXT dialled:9092'],
  },
  {
    what: 'a host name of Docker Desktop for the host',
    env: { ...zookeeper, KAFKA_ADVERTISED_LISTENERS: 'PLAINTEXT://host.docker.internal:9092' },
    listens: ['PLAINTEXT 0.0.0.0:9092'],
    told: ['PLAINTEXT host.docker.internal:9092'],
  },
  {
    what: 'three listeners: containers, host, another network',
    env: {
      KAFKA_LISTENERS: 'INTERNAL://0.0.0.0:19092,EXTERNAL://0.0.0.0:9092,LAN://0.0.0.0:29092',
      KAFKA_ADVERTISED_LISTENERS: 'INTERNAL://kafka1:19092,EXTERNAL://localhost:9092,LAN://10.0.0.5:29092',
      KAFKA_LISTENER_SECURITY_PROTOCOL_MAP: `${protocols},LAN:PLAINTEXT`,
    },
    listens: ['INTERNAL 0.0.0.0:19092', 'EXTERNAL 0.0.0.0:9092', 'LAN 0.0.0.0:29092'],
    told: ['INTERNAL kafka1:19092', 'EXTERNAL localhost:9092', 'LAN 10.0.0.5:29092'],
  },
  {
    what: 'an image for continuous integration with a JVM’s settings',
    env: {
      KAFKA_ADVERTISED_LISTENERS: 'PLAINTEXT://127.0.0.1:9092',
      KAFKA_HEAP_OPTS: '-Xmx512m -Xms512m',
      KAFKA_JMX_PORT: '9999',
      KAFKA_LOG4J_LOGGERS: 'kafka=WARN',
      KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS: '0',
      KAFKA_TRANSACTION_STATE_LOG_MIN_ISR: '1',
      KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR: '1',
    },
    listens: ['PLAINTEXT 0.0.0.0:9092'],
    told: ['PLAINTEXT 127.0.0.1:9092'],
  },
  {
    what: 'listeners with spaces behind the commas',
    env: {
      KAFKA_LISTENERS: 'INTERNAL://0.0.0.0:9092, EXTERNAL://0.0.0.0:9093',
      KAFKA_ADVERTISED_LISTENERS: 'INTERNAL://kafka:9092, EXTERNAL://localhost:9093',
      KAFKA_LISTENER_SECURITY_PROTOCOL_MAP: 'INTERNAL:PLAINTEXT, EXTERNAL:PLAINTEXT',
    },
    listens: ['INTERNAL 0.0.0.0:9092', 'EXTERNAL 0.0.0.0:9093'],
    told: ['INTERNAL kafka:9092', 'EXTERNAL localhost:9093'],
  },
]

for (const { what, env, listens, told } of cases) {
  test(`${what}: where the broker listens, and what it tells clients`, () => {
    assert.deepEqual(started(env), { listens, told, warned: [] })
  })
}

test('a broker that was to be one of three says that it is a cluster of its own', () => {
  const { warned } = started({
    KAFKA_NODE_ID: '2',
    KAFKA_PROCESS_ROLES: 'broker,controller',
    KAFKA_CONTROLLER_QUORUM_VOTERS: '1@kafka1:9093,2@kafka2:9093,3@kafka3:9093',
    KAFKA_LISTENERS: 'PLAINTEXT://:9092,CONTROLLER://:9093',
  })
  assert.equal(warned.length, 1)
  assert.match(
    warned[0] as string,
    /names 3 nodes, but this broker is a cluster of its own: for several nodes start one broker of 3 nodes\.$/,
  )
})

const refused: readonly (readonly [string, Readonly<Record<string, string>>, RegExp])[] = [
  [
    'a controller alone',
    { KAFKA_PROCESS_ROLES: 'controller' },
    /^process\.roles is controller, a node that no/,
  ],
  [
    'an authorizer',
    { KAFKA_AUTHORIZER_CLASS_NAME: 'org.apache.kafka.metadata.authorizer.StandardAuthorizer' },
    /^authorizer\.class\.name is set, but neither SASL nor ACLs are served yet/,
  ],
  [
    'mechanisms of SASL',
    { KAFKA_SASL_ENABLED_MECHANISMS: 'PLAIN' },
    /^sasl\.enabled\.mechanisms is set, but/,
  ],
  [
    'an address that a command is to find out',
    { HOSTNAME_COMMAND: 'hostname -i', KAFKA_ADVERTISED_LISTENERS: 'PLAINTEXT://_{HOSTNAME_COMMAND}:9094' },
    /^advertised\.listeners has _\{HOSTNAME_COMMAND\}, .* Ottla runs no commands, write the address there\.$/,
  ],
]

for (const [what, env, message] of refused) {
  test(`${what}: the start ends with a sentence that says what to do`, () => {
    assert.throws(() => started(env), { name: ConfigurationError.name, message })
  })
}

test('with KAFKA_OTTLA_IGNORE_SECURITY the broker starts without the authorizer', () => {
  const env = { KAFKA_AUTHORIZER_CLASS_NAME: 'some.Authorizer', KAFKA_OTTLA_IGNORE_SECURITY: 'true' }
  assert.deepEqual(started(env).listens, ['PLAINTEXT 127.0.0.1:9092'])
})
