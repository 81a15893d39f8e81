import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ClientLimits } from '../../../src/security/quotas/client-limits.js'

const client = { user: 'ann', clientId: 'app' }
/** The entities that may have a limit for the client, the one that counts most first. */
const entities: readonly Readonly<Record<string, string | null>>[] = [
  { user: 'ann', 'client-id': 'app' },
  { user: 'ann', 'client-id': null },
  { user: 'ann' },
  { user: null, 'client-id': 'app' },
  { user: null, 'client-id': null },
  { user: null },
  { 'client-id': 'app' },
  { 'client-id': null },
]

test('of all limits that are set the first in the order of precedence counts', () => {
  for (let set = 0; set < 2 ** entities.length; set++) {
    const limits = new ClientLimits()
    const places = entities.map((_, i) => i).filter(i => set & (1 << i))
    for (const i of places) limits.set(new Map(Object.entries(entities[i] as object)), i + 1)
    const first = places[0]
    assert.equal(limits.of(client)?.perSecond, first === undefined ? undefined : first + 1, `set ${places}`)
    assert.equal(limits.isEmpty, places.length === 0)
    for (const i of places) limits.set(new Map(Object.entries(entities[i] as object)), null)
    assert.deepEqual([limits.of(client), limits.isEmpty], [null, true])
  }
})

test('the limit of a user is shared by all its clients, that of a client id by all its users', () => {
  const sharedBy = (entity: Readonly<Record<string, string | null>>) => {
    const limits = new ClientLimits()
    limits.set(new Map(Object.entries(entity)), 1)
    const clients = [client, { ...client, clientId: 'other' }, { ...client, user: 'bob' }]
    const names = clients.map(each => limits.of(each)?.sharedBy)
    return names.map(name => names.indexOf(name))
  }
  assert.deepEqual(sharedBy({ user: null }), [0, 0, 2])
  assert.deepEqual(sharedBy({ 'client-id': null }), [0, 1, 0])
  assert.deepEqual(sharedBy({ user: null, 'client-id': null }), [0, 1, 2])
})

test('limits of others do not count', () => {
  const limits = new ClientLimits()
  limits.set(new Map([['user', 'bob']]), 1)
  limits.set(new Map([['client-id', 'other']]), 1)
  limits.set(
    new Map([
      ['user', 'ann'],
      ['client-id', 'other'],
    ]),
    1,
  )
  assert.equal(limits.of(client), null)
})
