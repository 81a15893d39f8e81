import type { ScramChange } from '../engine/scram-store.js'
import { mostScramIterations, type ScramMechanism, scramKeys, scramMechanisms } from '../security/scram.js'
import { inTurns, Turns } from '../time/turns.js'
import { alterUserScramCredentials } from '../wire/apis/alter-user-scram-credentials.js'
import { KafkaError } from '../wire/errors.js'
import type { RequestOf } from '../wire/schema.js'
import { failure, handler, type RequestContext, success } from './shared/handler.js'

type Request = RequestOf<typeof alterUserScramCredentials>
type Deletion = Request['deletions'][number]
type Upsertion = Request['upsertions'][number]
/** The change that each user of the request is to get, or the reason why not. */
type Outcomes = Map<string, ScramChange | KafkaError>

/**
 * Gives users credentials, and takes them away, as Kafka's ScramControlManager does: each user is answered for itself,
 * and what is changed is kept together.
 */
export const alterUserScramCredentialsHandler = handler({
  api: alterUserScramCredentials,

  async handle(request, context) {
    const turns = new Turns()
    let outcomes: Outcomes = new Map()
    await context.broker.metadata.scram.change(async () => {
      outcomes = await outcomesOf(request, context, turns)
      return [...outcomes.values()].filter(isChange)
    })
    const answer = ([user, outcome]: [string, ScramChange | KafkaError]) => ({
      user,
      ...(outcome instanceof KafkaError ? failure(outcome, context) : success),
    })
    return { throttleTimeMs: 0, results: await inTurns(outcomes, answer, turns) }
  },

  refuse({ deletions, upsertions }, error) {
    const users = new Set([...deletions, ...upsertions].map(({ name }) => name))
    const told = { errorCode: error.code, errorMessage: error.message }
    return { throttleTimeMs: 0, results: [...users].map(user => ({ user, ...told })) }
  },
})

const isChange = (outcome: ScramChange | KafkaError): outcome is ScramChange =>
  !(outcome instanceof KafkaError)

async function outcomesOf(
  { deletions, upsertions }: Request,
  context: RequestContext,
  turns: Turns,
): Promise<Outcomes> {
  const outcomes: Outcomes = new Map()
  const judge = (user: string, change: () => ScramChange) => {
    const before = outcomes.get(user)
    if (before instanceof KafkaError) return
    outcomes.set(user, before ? twice() : outcomeOf(change))
  }
  const { metadata } = context.broker
  const mustBeSupported = () => {
    if (metadata.featureLevel('metadata.version') < scramSince) throw unsupported()
  }
  const remove = ({ name, mechanism }: Deletion) => {
    mustBeSupported()
    checked(name, mechanism)
    if (!metadata.scram.of(name).has(mechanism)) throw notThere()
    return { user: name, mechanism, credential: null }
  }
  const set = (upsertion: Upsertion) => {
    mustBeSupported()
    return changeOf(upsertion)
  }
  await inTurns(deletions, each => judge(each.name, () => remove(each)), turns)
  await inTurns(upsertions, each => judge(each.name, () => set(each)), turns)
  return outcomes
}

function outcomeOf(change: () => ScramChange): ScramChange | KafkaError {
  try {
    return change()
  } catch (thrown) {
    if (thrown instanceof KafkaError) return thrown
    throw thrown
  }
}

/** The metadata.version from which on the journal may hold credentials (3.5-IV2, KIP-900). */
const scramSince = 11

function changeOf({ name, mechanism, iterations, salt, saltedPassword }: Upsertion): ScramChange {
  const known = checked(name, mechanism)
  if (iterations < known.leastIterations) throw unacceptable('Too few iterations')
  if (iterations > mostScramIterations) throw unacceptable('Too many iterations')
  // Java makes no key of nothing, and Kafka has no error of its own for it.
  if (saltedPassword.length === 0) throw new KafkaError('UNKNOWN_SERVER_ERROR')
  const keys = scramKeys(known, saltedPassword)
  return { user: name, mechanism, credential: { salt: Buffer.from(salt), iterations, ...keys } }
}

function checked(user: string, mechanism: number): ScramMechanism {
  if (user === '') throw unacceptable('Username must not be empty')
  const known = scramMechanisms.get(mechanism)
  if (!known) throw new KafkaError('UNSUPPORTED_SASL_MECHANISM', 'Unknown SCRAM mechanism')
  return known
}

const unacceptable = (reason: string) => new KafkaError('UNACCEPTABLE_CREDENTIAL', reason)
const unsupported = () =>
  new KafkaError('UNSUPPORTED_VERSION', 'The current metadata.version does not support SCRAM')
const notThere = () =>
  new KafkaError('RESOURCE_NOT_FOUND', 'Attempt to delete a user credential that does not exist')
const twice = () =>
  new KafkaError('DUPLICATE_RESOURCE', 'A user credential cannot be altered twice in the same request')
