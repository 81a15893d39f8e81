import type { QuotaEntity } from '../../engine/client-quotas.js'
import { KafkaError } from '../../wire/errors.js'
import { invalid, isEntityType } from './alteration-rules.js'

/** A part of a filter, as a request names it. */
export interface FilterComponent {
  readonly entityType: string
  readonly matchType: number
  readonly match: string | null
}

const [exactly, theDefault, anyName] = [0, 1, 2]

/**
 * Makes the test of entities that a filter asks for: an entity has to have each component; where the filter is strict,
 * nothing else. Throws INVALID_REQUEST, and UNSUPPORTED_VERSION for a type of entities that is not known.
 */
export function entityFilter(
  components: readonly FilterComponent[],
  isStrict: boolean,
): (entity: QuotaEntity) => boolean {
  const wanted = wantedOf(components)
  return entity => {
    if (isStrict && entity.size !== wanted.size) return false
    for (const [type, name] of wanted) {
      if (!entity.has(type)) return false
      if (name !== undefined && entity.get(type) !== name) return false
    }
    return true
  }
}

/** Returns the wanted names by their types: null for the default, undefined for any name. */
function wantedOf(components: readonly FilterComponent[]): ReadonlyMap<string, string | null | undefined> {
  const wanted = new Map<string, string | null | undefined>()
  for (const component of components) {
    const { entityType } = component
    if (entityType === '') throw invalid('The type of an entity is empty.')
    if (wanted.has(entityType)) throw invalid(`The filter has the entity type ${entityType} twice.`)
    if (!isEntityType(entityType)) {
      throw new KafkaError('UNSUPPORTED_VERSION', `The entity type ${entityType} is not supported.`)
    }
    wanted.set(entityType, nameOf(component))
  }
  if (wanted.has('ip') && wanted.size > 1) {
    throw invalid('A filter for addresses cannot be combined with one for users or client ids.')
  }
  return wanted
}

function nameOf({ matchType, match }: FilterComponent): string | null | undefined {
  if (matchType === exactly) {
    if (match === null) throw invalid('The filter asks for exactly one name, and names none.')
    return match
  }
  if (matchType !== theDefault && matchType !== anyName)
    throw invalid(`There is no type ${matchType} of matches.`)
  if (match !== null) throw invalid('The filter asks for no certain name, and names one.')
  return matchType === theDefault ? null : undefined
}
