import type { Setting } from './setting.js'

/** Settings that only Ottla has. */
export const ottlaSettings: readonly Setting[] = [
  {
    name: 'ottla.group.evict.on.disconnect.ms',
    type: 'LONG',
    default: '1000',
    parity: '-1',
    valid: '[-1,...]',
    doc: 'How long a group member whose connection closed may stay away before it is evicted; -1 leaves it to its session timeout.',
  },
  {
    name: 'ottla.memory.max.bytes',
    type: 'LONG',
    default: '1073741824',
    valid: '[1,...]',
    doc: 'With data in memory: how much may be stored before appends fail as on a full disk; what is deleted makes room at once.',
  },
  {
    name: 'ottla.max.connections',
    type: 'INT',
    default: '20000',
    valid: '[1,...]',
    doc: 'The most connections at once on one port, whatever max.connections allows.',
  },
  {
    name: 'ottla.request.memory.max.bytes',
    type: 'LONG',
    default: '268435456',
    valid: '[1,...]',
    doc: 'How many bytes of requests all connections of the broker hold at once before they are no longer read.',
  },
  {
    name: 'ottla.max.new.partitions.per.request',
    type: 'INT',
    default: '10000',
    valid: '[1,...]',
    doc: 'How many partitions one request may make, in all its topics together; one that asks for more makes none.',
  },
  {
    name: 'ottla.replication.factor.clamp',
    type: 'BOOLEAN',
    default: 'true',
    parity: 'false',
    doc: 'Whether a replication factor above the number of nodes becomes that number instead of an error.',
  },
  {
    name: 'ottla.fetch.max.wait.ms',
    type: 'INT',
    default: '150',
    parity: '-1',
    valid: '[-1,...]',
    doc: 'The longest that a fetch waits for data, however long its client would: some clients cannot stop before their fetch is answered; -1 for no limit.',
  },
  {
    name: 'ottla.fetch.hurry',
    type: 'BOOLEAN',
    default: 'true',
    parity: 'false',
    doc: 'Whether a parked fetch is answered at once when another request waits behind it.',
  },
  {
    name: 'ottla.ignore.security',
    type: 'BOOLEAN',
    default: 'false',
    doc: 'Whether to start although settings ask for SASL or an authorizer, which are not served: everyone may do everything then.',
  },
  {
    name: 'ottla.advertise.dialled.address',
    type: 'BOOLEAN',
    default: 'true',
    parity: 'false',
    doc: 'Whether clients are told the address that they dialled, where advertised.listeners is not set.',
  },
]
