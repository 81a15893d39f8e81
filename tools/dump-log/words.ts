const longest = 120

/** Bytes as people read them: text where they are text, else hex; long ones are cut. */
export function shown(bytes: Buffer | null): string {
  if (bytes === null) return 'null'
  const text = bytes.toString('utf8')
  const isText = !/[\p{Cc}\p{Cn}\ufffd]/u.test(text) && Buffer.byteLength(text) === bytes.length
  const cut = bytes.length > longest ? `… (${bytes.length} bytes)` : ''
  if (isText) return `'${text.slice(0, longest)}'${cut}`
  return `0x${bytes.subarray(0, longest / 2).toString('hex')}${bytes.length > longest / 2 ? `… (${bytes.length} bytes)` : ''}`
}

/** A timestamp in milliseconds as a date; -1 stands for none. */
export function time(ms: bigint): string {
  if (ms === -1n) return 'no time'
  const date = new Date(Number(ms))
  return Number.isNaN(date.getTime()) ? `the time ${ms}` : date.toISOString()
}

export const counted = (count: number, what: string): string =>
  `${count} ${count === 1 ? what : (plurals.get(what) ?? `${what}s`)}`

const plurals = new Map([
  ['batch', 'batches'],
  ['entry', 'entries'],
])

/** An object as JSON in one line; numbers of 64 bits and bytes as well. */
export const inWords = (value: unknown): string =>
  JSON.stringify(value, (_, each) => {
    if (typeof each === 'bigint') return Number.isSafeInteger(Number(each)) ? Number(each) : `${each}`
    if (each instanceof Map) return Object.fromEntries(each)
    if (each instanceof Set) return [...each]
    return each?.type === 'Buffer' ? Buffer.from(each.data).toString('base64') : each
  })
