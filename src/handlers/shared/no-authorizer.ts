import { errorCodes } from '../../wire/errors.js'

/** The answer of a Kafka broker without an authorizer to every request about access control lists. */
export const noAuthorizer = {
  errorCode: errorCodes.SECURITY_DISABLED,
  errorMessage: 'No authorizer is configured: every client may do everything.',
}
