import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { apis } from '../../src/wire/apis/index.js'
import * as frames from '../../src/wire/message-frame.js'
import { type Api, type Dialect, dialectOf } from '../../src/wire/schema.js'
import { anyValueOf } from '../../test/wire/arbitrary.js'
import { declaredAs } from '../../test/wire/declared.js'
import { inEveryVersion, kafkaWrites } from './codecs.js'
import { KafkaPipe, noKafka } from './kafka-pipe.js'

let kafka: KafkaPipe

before(() => {
  if (!noKafka) kafka = KafkaPipe.open()
})
after(() => kafka?.close())

interface HeaderVersions {
  readonly request: number
  readonly response: number
}

const headerVersions = (api: Api, { version }: Dialect): Promise<HeaderVersions> =>
  kafka.ask({ ask: 'headers', key: api.key, version })

/** A header and a body, both from Kafka. */
async function kafkaFrame(
  name: 'RequestHeader' | 'ResponseHeader',
  headerVersion: number,
  header: object,
  ofBody: string,
  dialect: Dialect,
  body: unknown,
): Promise<string> {
  const headerType = declaredAs(name)
  const first = await kafkaWrites(kafka, headerType, dialectOf(headerType, headerVersion), header)
  const rest = await kafkaWrites(kafka, declaredAs(ofBody), dialect, body)
  return `${first.bytes}${rest.bytes}`
}

const correlationId = 0x01020304
const clientId = 'Ångström'

describe('a message with its header is what Kafka sends', { skip: noKafka }, () => {
  for (const api of apis as readonly Api[]) {
    const ofRequest = `${api.name}Request`
    test(ofRequest, () =>
      inEveryVersion(declaredAs(ofRequest), anyValueOf, async (value, dialect) => {
        const { version } = dialect
        const header = { requestApiKey: api.key, requestApiVersion: version, correlationId, clientId }
        const { request } = await headerVersions(api, dialect)
        const theirs = await kafkaFrame('RequestHeader', request, header, ofRequest, dialect, value)
        const ours = frames.encodeRequest(api, version, { correlationId, clientId }, value as never)
        assert.equal(ours.toString('hex'), theirs)
      }),
    )

    const ofResponse = `${api.name}Response`
    test(ofResponse, () =>
      inEveryVersion(declaredAs(ofResponse), anyValueOf, async (value, dialect) => {
        const { response } = await headerVersions(api, dialect)
        const header = { correlationId }
        const theirs = await kafkaFrame('ResponseHeader', response, header, ofResponse, dialect, value)
        const ours = frames.encodeResponse(api, dialect.version, correlationId, value as never)
        assert.equal(Buffer.concat(ours).toString('hex'), theirs)
      }),
    )
  }
})
