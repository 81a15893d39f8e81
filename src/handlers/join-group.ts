import { MemberGone } from '../groups/classic/member-sessions.js'
import { joinGroup } from '../wire/apis/join-group.js'
import { errorCodes, KafkaError } from '../wire/errors.js'
import { callerOf, checkGroupId } from './shared/group-caller.js'
import { handler } from './shared/handler.js'

const nullProtocolSince = 7
const noProtocol = (version: number): string | null => (version >= nullProtocolSince ? null : '')

/** Lets a client join a group. It is answered when all members have joined, or their time is up. */
export const joinGroupHandler = handler({
  api: joinGroup,

  async handle(request, context) {
    const { config, groups } = context.broker
    checkGroupId(request.groupId)
    const { sessionTimeoutMs } = request
    if (
      sessionTimeoutMs < config.number('group.min.session.timeout.ms') ||
      sessionTimeoutMs > config.number('group.max.session.timeout.ms')
    ) {
      throw new KafkaError('INVALID_SESSION_TIMEOUT')
    }
    const answer = await groups.join(request, callerOf(context), context.version)
    if (answer.errorCode === errorCodes.NONE) return answer
    return { ...answer, protocolName: noProtocol(context.version) }
  },

  refuse: ({ memberId }, error, version) => ({
    errorCode: error.code,
    protocolName: noProtocol(version),
    leader: '',
    memberId: memberIdOf(memberId, error),
    members: [],
  }),
})

/** Returns the member's id for the answer. An unexpected error is answered without it, as in Kafka. */
function memberIdOf(memberId: string, error: KafkaError): string {
  if (error instanceof MemberGone) return error.memberId
  return error.errorName === 'UNKNOWN_SERVER_ERROR' ? '' : memberId
}
