import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type ClassicMember, joiningMember } from '../../../src/groups/classic/classic-member.js'
import { chooseProtocol, Members } from '../../../src/groups/classic/members.js'
import { caller, joinRequest } from '../coordinator-world.js'

function member(
  id: string,
  protocols: readonly string[] = ['range'],
  instanceId: string | null = null,
): ClassicMember {
  const request = joinRequest({
    groupInstanceId: instanceId,
    protocols: protocols.map(name => ({ name, metadata: Buffer.alloc(0) })),
  })
  return joiningMember(id, request, caller(id), () => undefined)
}

test('the first member leads; when it goes the next one does, and an empty group has no leader', () => {
  const members = new Members()
  const [ann, bob] = [member('ann'), member('bob')]
  members.add(ann)
  members.add(bob)
  assert.equal(members.leader, 'ann')
  members.remove(ann)
  assert.equal(members.leader, 'bob')
  members.remove(bob)
  assert.equal(members.leader, null)
})

test('a leader that has not joined again gives way to the first that has', () => {
  const members = new Members()
  for (const id of ['ann', 'bob', 'cat']) members.add(member(id))
  members.get('ann')!.joining = null
  members.get('bob')!.joining = null
  assert.equal(members.electJoinedLeader(), true)
  assert.equal(members.leader, 'cat')
  members.get('cat')!.joining = null
  assert.equal(members.electJoinedLeader(), false)
})

test('a member that takes over a static place takes over the lead too', () => {
  const members = new Members()
  const old = member('one-1', ['range'], 'one')
  members.add(old)
  members.add(member('bob'))
  members.replace(old, member('one-2', ['range'], 'one'))
  assert.equal(members.leader, 'one-2')
  assert.equal(members.idOfInstance('one'), 'one-2')
  assert.equal(members.has('one-1'), false)
})

test('only protocols that all know can be chosen, and most votes win', () => {
  assert.equal(chooseProtocol([member('a', ['x', 'y']), member('b', ['y'])]), 'y')
  assert.equal(
    chooseProtocol([member('a', ['x', 'y']), member('b', ['y', 'x']), member('c', ['y', 'x'])]),
    'y',
  )
  assert.equal(chooseProtocol([member('a', ['x', 'y']), member('b', ['y', 'x'])]), 'x')
  assert.throws(() => chooseProtocol([member('a', ['x']), member('b', ['y'])]))
})
