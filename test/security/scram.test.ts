import assert from 'node:assert/strict'
import { createHash, createHmac, pbkdf2Sync } from 'node:crypto'
import { test } from 'node:test'
import { type ScramMechanism, scramKeys, scramMechanisms } from '../../src/security/scram.js'

/** The exchange that RFC 7677 gives as an example. */
const example = {
  password: 'pencil',
  salt: Buffer.from('W22ZaJ0SNY7soEsUEjb6gQ==', 'base64'),
  iterations: 4096,
  exchanged: [
    'n=user,r=rOprNGfwEbeRWgbNEkqO',
    'r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096',
    'c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0',
  ].join(),
  proof: Buffer.from('dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=', 'base64'),
  signature: '6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=',
}

const hmac = (hash: string, key: Buffer, text: string) => createHmac(hash, key).update(text).digest()

test('the keys of a password are those with which the example of RFC 7677 comes out', () => {
  const mechanism = scramMechanisms.get(1) as ScramMechanism
  const { password, salt, iterations, exchanged, proof, signature } = example
  const { storedKey, serverKey } = scramKeys(mechanism, pbkdf2Sync(password, salt, iterations, 32, 'sha256'))
  assert.equal(hmac('sha256', serverKey, exchanged).toString('base64'), signature)
  const clientSignature = hmac('sha256', storedKey, exchanged)
  const clientKey = Buffer.from(proof.map((byte, i) => byte ^ (clientSignature[i] as number)))
  assert.deepEqual(createHash('sha256').update(clientKey).digest(), storedKey)
})

test('SCRAM-SHA-512 has keys of 64 bytes', () => {
  const { storedKey, serverKey } = scramKeys(scramMechanisms.get(2) as ScramMechanism, Buffer.alloc(64, 7))
  assert.deepEqual([storedKey.length, serverKey.length], [64, 64])
})
