import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { optionalPackage } from '../../../src/loading/lazy-package.js'
import { codecs, compress, decompress } from '../../../src/records/compression/compression.js'
import { compressPortably, inflatePortably } from '../../../src/records/compression/lz4.js'
import { inflateSnappyBlock } from '../../../src/records/compression/snappy-block.js'
import { frames, text } from './compressed-frames.js'

const require = createRequire(import.meta.url)
const mebibyte = 1024 * 1024
const compressing = Object.entries(codecs).filter(([name]) => name !== 'none')

describe('what is compressed', () => {
  const some = fc.uint8Array({ maxLength: 2000 })
  const inputs = fc.oneof(
    some,
    fc.tuple(some, fc.nat(90)).map(([bytes, n]) => repeat(bytes, n)),
  )

  for (const [name, codec] of Object.entries(codecs)) {
    test(`by ${name} comes out again`, async () => {
      const roundTrip = fc.asyncProperty(inputs, async input => {
        const bytes = Buffer.from(input)
        assert.deepEqual(await decompress(codec, await compress(codec, bytes), bytes.length), bytes)
      })
      await fc.assert(roundTrip, { numRuns: 30 })
    })
  }

  test('by a codec that does not exist is refused', async () => {
    await assert.rejects(decompress(5, text, mebibyte), { errorName: 'UNSUPPORTED_COMPRESSION_TYPE' })
  })
})

describe('a bomb', () => {
  const zeros = Buffer.alloc(32 * mebibyte)
  for (const [name, codec] of compressing) {
    test(`of ${name} is refused, at the byte`, async () => {
      const bomb = await compress(codec, zeros)
      const refused = { errorName: 'MESSAGE_TOO_LARGE' }
      await assert.rejects(decompress(codec, bomb, mebibyte), refused)
      await assert.rejects(decompress(codec, bomb, zeros.length - 1), refused)
      assert.equal((await decompress(codec, bomb, zeros.length)).length, zeros.length)
    })
  }
})

describe('bytes that the codec did not write', () => {
  for (const [name, codec] of compressing) {
    test(`are an invalid record: ${name}`, async () => {
      await assert.rejects(decompress(codec, Buffer.alloc(30, 0xff), mebibyte), {
        errorName: 'INVALID_RECORD',
      })
    })

    test(`or which are cut off, do not come out whole: ${name}`, async () => {
      const whole = await compress(codec, text)
      for (const length of [0, 5, whole.length / 2]) {
        const result = await decompress(codec, whole.subarray(0, length), mebibyte).catch(error => error)
        if (Buffer.isBuffer(result)) assert.ok(result.length < text.length)
        else assert.equal(result.errorName, 'INVALID_RECORD')
      }
    })

    test(`end as an error or as some bytes, never worse: ${name}`, async () => {
      const whole = await compress(codec, text.subarray(0, 5000))
      const damage = fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { minLength: 1, maxLength: 5 })
      const harmless = fc.asyncProperty(damage, async changes => {
        const bytes = Buffer.from(whole)
        for (const [at, value] of changes) bytes[at] = value
        const length = await decompress(codec, bytes, mebibyte).then(
          ({ length }) => length,
          ({ errorName }) => assert.match(errorName, /INVALID_RECORD|MESSAGE_TOO_LARGE/),
        )
        assert.ok((length ?? 0) <= mebibyte)
      })
      await fc.assert(harmless, { numRuns: 100 })
    })
  }
})

describe('frames of the reference implementations are read', () => {
  for (const { codec, name, base64 } of frames) {
    const frame = Buffer.from(base64, 'base64')

    test(`${codec} ${name}`, async () => {
      assert.ok((await decompress(codecs[codec], frame, 256 * mebibyte)).equals(text))
      assert.ok((await decompress(codecs[codec], frame, text.length)).equals(text))
      await assert.rejects(decompress(codecs[codec], frame, text.length - 1), {
        errorName: 'MESSAGE_TOO_LARGE',
      })
    })

    if (codec === 'lz4') {
      test(`${codec} ${name}, without the native package`, () => {
        assert.ok(Buffer.concat([...inflatePortably(frame)]).equals(text))
      })
    }
  }
})

describe('snappy', () => {
  test('is read from the bare block that KafkaJS and librdkafka send', async () => {
    const bare: Buffer = await require('kafkajs-snappy')().compress({ buffer: text })
    assert.ok((await decompress(codecs.snappy, bare, text.length)).equals(text))
  })

  test('is written in the xerial frame that KafkaJS and the Java client read', async () => {
    const framed = await compress(codecs.snappy, text)
    assert.equal(framed.subarray(0, 16).toString('hex'), '82534e4150505900' + '00000001' + '00000001')
    assert.ok(text.equals(await require('kafkajs-snappy')().decompress(framed)))
  })

  test('is inflated in JavaScript like by the native package, or refused by both', async () => {
    const { compress: pack, uncompress }: Snappy = require('snappy')
    const input = fc.tuple(fc.uint8Array({ maxLength: 300 }), fc.integer({ min: 1, max: 3000 }))
    const damage = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 2 })
    const same = fc.asyncProperty(input, damage, async ([bytes, times], changes) => {
      const block = Buffer.from(await pack(Buffer.from(repeat(bytes, times))))
      const size = block.findIndex(byte => byte < 0x80) + 1 // a lie about it is refused elsewhere
      if (block.length === size) return
      for (const [at, byte] of changes) block[size + (at % (block.length - size))] = byte
      const theirs = await uncompress(block).catch(() => null)
      assert.deepEqual(inJavaScript(block), theirs)
    })
    await fc.assert(same, { numRuns: 300 })
  })

  test('that claims more than it could hold is refused before it is allocated', async () => {
    const liar = Buffer.from('ffffffff0f0000', 'hex')
    await assert.rejects(decompress(codecs.snappy, liar, 2 ** 40), /claims to hold/)
  })
})

interface Snappy {
  compress(bytes: Buffer): Promise<Buffer>
  uncompress(bytes: Buffer): Promise<Buffer>
}

function inJavaScript(block: Buffer): Buffer | null {
  try {
    return Buffer.concat([...inflateSnappyBlock(block)])
  } catch {
    return null
  }
}

interface Lz4 {
  decompressFrame(bytes: Buffer): Promise<Buffer>
}
const native = optionalPackage<Lz4>('lz4-napi')()

test('lz4 frames that were written without the native package are read by it', {
  skip: !native,
}, async () => {
  const noise = Buffer.from(fc.sample(fc.uint8Array({ minLength: 200_000, maxLength: 200_000 }), 1)[0] ?? [])
  for (const bytes of [text, noise, Buffer.alloc(0), Buffer.from('short')]) {
    assert.deepEqual(await native?.decompressFrame(compressPortably(bytes)), bytes)
  }
})

function repeat(bytes: Uint8Array, times: number): Uint8Array {
  return Buffer.concat(Array.from({ length: times }, () => bytes))
}
