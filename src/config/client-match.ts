import { KafkaError } from '../wire/errors.js'
import { compileExpression } from '../wire/regular-expression.js'

/** The attributes of a client that a subscription may look at, by their names in the setting `match` (KIP-714). */
export interface ClientAttributes {
  readonly client_instance_id: string
  readonly client_id: string | null
  readonly client_software_name: string
  readonly client_software_version: string
  readonly client_source_address: string
  readonly client_source_port: string
}

type Attribute = keyof ClientAttributes

const attributes: ReadonlySet<string> = new Set<Attribute>([
  'client_instance_id',
  'client_id',
  'client_software_name',
  'client_software_version',
  'client_source_address',
  'client_source_port',
])

/**
 * Compiles the setting `match`: a list of `attribute=expression`, all of which have to match the whole attribute; a
 * later one of the same attribute counts. Throws INVALID_CONFIG.
 */
export function compileMatch(patterns: readonly string[]): (client: ClientAttributes) => boolean {
  const tests = new Map(patterns.map(compilePattern))
  return client =>
    [...tests].every(([attribute, matches]) => {
      const value = client[attribute]
      return value !== null && matches(value)
    })
}

function compilePattern(pattern: string): [Attribute, (text: string) => boolean] {
  const [name = '', expression, ...rest] = pattern.replace(/=+$/, '').split('=')
  const attribute = name.trim()
  if (expression === undefined || rest.length > 0 || !attributes.has(attribute)) throw illegal(pattern)
  try {
    return [attribute as Attribute, compileExpression(expression.trim())]
  } catch (thrown) {
    throw thrown instanceof KafkaError ? illegal(pattern) : thrown
  }
}

const illegal = (pattern: string) =>
  new KafkaError('INVALID_CONFIG', `Illegal client matching pattern: ${pattern}`)
