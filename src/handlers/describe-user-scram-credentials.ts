import { inTurns, setInTurns, Turns } from '../time/turns.js'
import { describeUserScramCredentials } from '../wire/apis/describe-user-scram-credentials.js'
import { errorCodes, KafkaError } from '../wire/errors.js'
import { failure, handler } from './shared/handler.js'
import { repeated } from './shared/topic-requests.js'

/** Lists the mechanisms and iterations of users' credentials, which is all that may be told of them. */
export const describeUserScramCredentialsHandler = handler({
  api: describeUserScramCredentials,

  async handle({ users }, context) {
    const { scram } = context.broker.metadata
    const turns = new Turns()
    const asked = users?.map(({ name }) => name) ?? []
    const twice = await repeated(asked, name => name, turns)
    const wanted = asked.length > 0 ? asked : scram.users()
    const results = await inTurns(
      await setInTurns(wanted, turns),
      user => {
        const credentials = scram.of(user)
        const wrong = twice.has(user) ? askedTwice(user) : credentials.size === 0 ? unknown(user) : null
        return {
          user,
          ...(wrong ? failure(wrong, context) : described),
          credentialInfos: wrong
            ? []
            : [...credentials].map(([mechanism, { iterations }]) => ({ mechanism, iterations })),
        }
      },
      turns,
    )
    return { throttleTimeMs: 0, ...described, results }
  },

  refuse: (_request, error) => ({
    throttleTimeMs: 0,
    errorCode: error.code,
    errorMessage: error.detail,
    results: [],
  }),
})

/** As in Kafka the message of a success is empty here, and not null. */
const described = { errorCode: errorCodes.NONE, errorMessage: '' } as const

const askedTwice = (user: string) =>
  new KafkaError(
    'DUPLICATE_RESOURCE',
    `Cannot describe SCRAM credentials for the same user twice in a single request: ${user}`,
  )

const unknown = (user: string) =>
  new KafkaError('RESOURCE_NOT_FOUND', `Attempt to describe a user credential that does not exist: ${user}`)
