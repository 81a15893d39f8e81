import { alterUserScramCredentials } from '../../../src/wire/apis/alter-user-scram-credentials.js'
import { describeUserScramCredentials } from '../../../src/wire/apis/describe-user-scram-credentials.js'
import { type Family, scenario } from '../scenario.js'
import type { Stage } from '../stage.js'

const [sha256, sha512] = [1, 2]

const credential = (
  name: string,
  mechanism: number = sha256,
  { iterations = 4096, salt = 'salt', saltedPassword = 'a salted password' } = {},
) => ({
  name,
  mechanism,
  iterations,
  salt: Buffer.from(salt),
  saltedPassword: Buffer.from(saltedPassword),
})
const deletion = (name: string, mechanism: number = sha256) => ({ name, mechanism })

const alter = (
  at: Stage,
  upsertions: readonly ReturnType<typeof credential>[],
  deletions: readonly ReturnType<typeof deletion>[] = [],
) =>
  noted(at, 'AlterUserScramCredentials', at.quietly(alterUserScramCredentials, 0, { upsertions, deletions }))

/** Notes the answer about these users, once it has the change: Kafka tells its brokers by and by. */
async function described(at: Stage, ...users: readonly string[]) {
  await at.pause(500)
  const named = users.map(name => ({ name }))
  const asked = at.quietly(describeUserScramCredentials, 0, { users: named })
  await noted(at, 'DescribeUserScramCredentials', asked)
}

/** Keeps an answer with the words of its messages, which Ottla has from Kafka. */
async function noted(
  at: Stage,
  what: string,
  answer: Promise<{ readonly results: readonly { readonly errorMessage: string | null }[] }>,
) {
  const { results, ...rest } = await answer
  const found = results.map(({ errorMessage, ...each }) => ({ ...each, message: errorMessage }))
  at.note(what, { ...rest, results: found })
}

const wrong: readonly (readonly [what: string, made: (name: string) => ReturnType<typeof credential>])[] = [
  ['a user without a name is UNACCEPTABLE_CREDENTIAL', () => credential('')],
  ['a user without a name, by an unknown mechanism', () => credential('', 9)],
  ['the mechanism 0 is UNSUPPORTED_SASL_MECHANISM', name => credential(name, 0)],
  ['the mechanism 3 is UNSUPPORTED_SASL_MECHANISM', name => credential(name, 3)],
  ['the mechanism -1', name => credential(name, -1)],
  ['4095 iterations are UNACCEPTABLE_CREDENTIAL', name => credential(name, sha256, { iterations: 4095 })],
  ['4095 iterations of SCRAM-SHA-512', name => credential(name, sha512, { iterations: 4095 })],
  ['16385 iterations are UNACCEPTABLE_CREDENTIAL', name => credential(name, sha512, { iterations: 16_385 })],
  ['-1 iterations', name => credential(name, sha512, { iterations: -1 })],
  ['an empty salt', name => credential(name, sha256, { salt: '' })],
  ['an empty password', name => credential(name, sha256, { saltedPassword: '' })],
  ['a password of one byte', name => credential(name, sha512, { saltedPassword: 'x' })],
  [
    'a password that is longer than its hash',
    name => credential(name, sha256, { saltedPassword: 'x'.repeat(200) }),
  ],
]

export const userScramCredentialsFamily: Family = {
  name: 'Credentials of users',
  scenarios: [
    scenario('are set, replaced, and taken away', async at => {
      const [ann, bob] = [at.name(), at.name()]
      await alter(at, [credential(ann), credential(bob, sha512, { iterations: 8192 })])
      await described(at, ann, bob)
      await alter(at, [credential(ann, sha512, { iterations: 16_384 })])
      await described(at, ann, bob)
      await alter(at, [credential(ann, sha512, { iterations: 10_000 })], [deletion(bob, sha512)])
      await described(at, ann, bob)
      await alter(at, [credential(ann, sha256, { iterations: 5000 })])
      await described(at, ann)
      await alter(at, [], [deletion(ann)])
      await alter(at, [], [deletion(ann)])
      await alter(at, [], [deletion(ann, sha512)])
      await described(at, ann)
    }),
    scenario('no user is changed, or none asked for', async at => {
      await alter(at, [])
      const { results, ...rest } = await at.quietly(describeUserScramCredentials, 0, { users: null })
      at.note('DescribeUserScramCredentials of all', { ...rest, some: Array.isArray(results) })
    }),
    scenario('a request that names no user lists all', async at => {
      const ann = at.name()
      await alter(at, [credential(ann)])
      await at.pause(500)
      for (const users of [null, []]) {
        const { results } = await at.quietly(describeUserScramCredentials, 0, { users })
        at.note(
          'DescribeUserScramCredentials of mine',
          results.filter(({ user }) => user === ann),
        )
      }
    }),
    scenario('a missing user is RESOURCE_NOT_FOUND, and one named twice DUPLICATE_RESOURCE', async at => {
      const [ann, bob] = [at.name(), at.name()]
      await alter(at, [credential(ann)])
      await described(at, ann, bob, ann, '')
      await described(at, bob, bob)
    }),
    ...wrong.map(([what, made]) =>
      scenario(what, async at => {
        const [ann, bob] = [at.name(), at.name()]
        await alter(at, [made(ann), credential(bob)])
        await described(at, ann, bob)
      }),
    ),
    scenario(
      'a user who is changed twice is DUPLICATE_RESOURCE, unless the first change was wrong',
      async at => {
        const [ann, bob] = [at.name(), at.name()]
        await alter(at, [credential(ann)])
        await alter(at, [credential(ann, sha256, { iterations: 6000 }), credential(ann, sha512)])
        await alter(at, [credential(ann, sha512)], [deletion(ann)])
        await alter(at, [], [deletion(ann), deletion(ann)])
        await alter(at, [credential(ann, sha512)], [deletion(ann), deletion(ann)])
        await alter(at, [credential(bob)], [deletion(bob)])
        await alter(at, [], [deletion(bob), deletion(bob)])
        await alter(at, [credential(bob, 7), credential(bob)])
        await alter(at, [credential(bob), credential(bob, 7)])
        await alter(at, [credential(bob), credential(bob), credential(bob)])
        await described(at, ann, bob)
      },
    ),
    scenario('what is taken away may be wrong in the same ways', async at => {
      const ann = at.name()
      await alter(at, [credential(ann)])
      await alter(at, [], [deletion('')])
      await alter(at, [], [deletion(ann, 0)])
      await alter(at, [], [deletion(ann, 3)])
      await alter(at, [], [deletion(ann, sha512)])
      await described(at, ann)
    }),
  ],
}
