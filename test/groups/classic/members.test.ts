import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type ClassicMember, joiningMember } from '../../../src/groups/classic/classic-member.js'
import { chooseProtocol, Members } from '../../../src/groups/classic/members.js'
import { randomFrom } from '../../support/random-runs.js'
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
  members.joined(members.get('ann')!)
  members.joined(members.get('bob')!)
  assert.equal(members.electJoinedLeader(), true)
  assert.equal(members.leader, 'cat')
  members.joined(members.get('cat')!)
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

test('members that join, answer, learn and go are counted as if they were looked through', () => {
  const members = new Members()
  const random = randomFrom(1)
  const names = ['x', 'y', 'z']
  const pick = <T>(all: readonly T[]) => all[Math.floor(random() * all.length)] as T
  const some = () => names.filter(() => random() < 0.7)
  for (let i = 0; i < 500; i++) {
    const all = members.list()
    const each = pick(all)
    const act = pick(['add', 'remove', 'replace', 'joins', 'joined', 'learns'])
    if (act === 'add' || !each) members.add(member(`m-${i}`, [...some(), ...some()]))
    else if (act === 'remove') members.remove(each)
    else if (act === 'replace') members.replace(each, member(`m-${i}`, some()))
    else if (act === 'joins') members.joins(each, () => undefined)
    else if (act === 'joined') members.joined(each)
    else members.learns(each, member('', some()).protocols)
    const now = members.list()
    assert.equal(members.joiningCount, now.filter(({ joining }) => joining !== null).length)
    assert.equal(members.allJoining, members.joiningCount === now.length)
    for (const name of names) {
      const known = now.every(({ protocols }) => protocols.some(other => other.name === name))
      assert.equal(members.shareOneOf([{ name }]), known, `${name} after ${act}`)
    }
  }
})

test('who joins is not compared with each of the others', () => {
  const members = new Members()
  let looks = 0
  for (let i = 0; i < 100; i++) {
    const { protocols, ...rest } = member(`m-${i}`)
    members.add({
      ...rest,
      get protocols() {
        looks++
        return protocols
      },
    } as ClassicMember)
  }
  looks = 0
  assert.equal(members.shareOneOf([{ name: 'range' }]), true)
  members.add(member('late'))
  assert.deepEqual([members.allJoining, looks], [true, 0])
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
