import type { ClientQuotaChange, QuotaEntity } from '../../engine/client-quotas.js'
import { KafkaError } from '../../wire/errors.js'

type Kind = 'whole' | 'fraction'

const ofClients: Readonly<Record<string, Kind>> = {
  producer_byte_rate: 'whole',
  consumer_byte_rate: 'whole',
  request_percentage: 'fraction',
  controller_mutation_rate: 'fraction',
}
const ofAddresses: Readonly<Record<string, Kind>> = { connection_creation_rate: 'whole' }
/** The largest value of each quota that is a whole number, and its type in Java. */
const mostLong = { value: 2 ** 63, type: 'LONG' }
const mostInt = { value: 2 ** 31 - 1, type: 'INT' }
/** A whole number may differ from one by so much. */
const tolerance = 1e-6

/**
 * Checks what is to be set for an entity, in the order of Kafka's ClientQuotaControlManager. Whether a host is known
 * needs asking, so that it is told. Throws INVALID_REQUEST.
 */
export function checkAlteration({ entity, values }: ClientQuotaChange, isKnownHost: boolean): void {
  checkEntity(entity)
  const isAddress = entity.has('ip')
  if (isAddress && entity.size > 1) {
    throw invalid('The quota of an address cannot be combined with a user or a client id.')
  }
  if (isAddress && !isKnownHost) throw invalid(`${entity.get('ip')} is neither an address nor a known host.`)
  const kinds = isAddress ? ofAddresses : ofClients
  for (const [name, value] of values) {
    if (value !== null) checkValue(name, value, Object.hasOwn(kinds, name) ? kinds[name] : undefined)
  }
}

function checkEntity(entity: QuotaEntity): void {
  if (entity.size === 0) throw invalid('The entity of a quota is empty.')
  for (const [type, name] of entity) {
    if (!isEntityType(type)) throw invalid(`There is no type of entities that is called '${type}'.`)
    if (name === '') throw invalid(`The name of an entity of type ${type} is empty.`)
  }
}

function checkValue(name: string, value: number, kind: Kind | undefined): void {
  if (!kind) throw invalid(`There is no quota ${name} for this entity.`)
  if (value <= 0) throw invalid(`The quota ${name} has to be greater than 0.`)
  if (kind === 'fraction') return
  const most = name in ofAddresses ? mostInt : mostLong
  if (value > most.value) throw invalid(`The value of ${name} is too large for a ${most.type}.`)
  if (Math.abs(value % 1) > tolerance) throw invalid(`The value of ${name} has to be a whole number.`)
}

export const isEntityType = (type: string): boolean =>
  type === 'user' || type === 'client-id' || type === 'ip'

export const invalid = (message: string) => new KafkaError('INVALID_REQUEST', message)
