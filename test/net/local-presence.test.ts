import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { localPresence } from '../../src/net/local-presence.js'
import { temporaryFolder } from '../support/folder.js'

test('a process that announced itself is heard until it falls silent, and leaves nothing behind', async t => {
  const folder = await temporaryFolder(t)
  assert.equal(await localPresence.isHeard(folder, 'here'), false)
  const fallSilent = await localPresence.announce(folder, 'here')
  assert.equal(await localPresence.isHeard(folder, 'here'), true)
  assert.equal(await localPresence.isHeard(folder, 'there'), false)
  fallSilent?.()
  assert.equal(await localPresence.isHeard(folder, 'here'), false)
  assert.equal(existsSync(join(folder, 'here')), false)
})

test('a process that was killed is not heard, though its socket is still there', async t => {
  const folder = await temporaryFolder(t)
  const script = `require('node:net').createServer().listen(${JSON.stringify(join(folder, 'here'))}, () => console.log())`
  const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] })
  await once(child.stdout, 'data')
  assert.equal(await localPresence.isHeard(folder, 'here'), true)
  child.kill('SIGKILL')
  await once(child, 'exit')
  assert.equal(await localPresence.isHeard(folder, 'here'), false)
  assert.equal(existsSync(join(folder, 'here')), true)
})

test('in a folder whose path is too long for a socket, or that is not there, no process announces itself', async t => {
  const folder = await temporaryFolder(t)
  const long = join(folder, 'x'.repeat(100))
  assert.equal(await localPresence.announce(long, 'here'), null)
  assert.equal(await localPresence.isHeard(long, 'here'), null)
  assert.equal(await localPresence.announce(join(folder, 'nope'), 'here'), null)
})
