/**
 * Puts strings in the order in which a Java HashMap hands them out. Where Kafka deals out what does not divide evenly,
 * this order decides which member gets it.
 */
export function inHashOrder(texts: Iterable<string>): string[] {
  const all = [...texts]
  let buckets = 16
  while (all.length > buckets * 0.75) buckets *= 2
  const bucketOf = all.map(text => {
    const hash = hashCode(text)
    return (hash ^ (hash >>> 16)) & (buckets - 1)
  })
  const next = startsOf(bucketOf, buckets)
  const ordered = new Array<string>(all.length)
  for (const [i, text] of all.entries()) {
    const bucket = bucketOf[i] as number
    const at = next[bucket] as number
    ordered[at] = text
    next[bucket] = at + 1
  }
  return ordered
}

/** The place of the first thing of each bucket, when all are in the order of their buckets (a counting sort). */
function startsOf(bucketOf: readonly number[], buckets: number): Uint32Array {
  const starts = new Uint32Array(buckets + 1)
  for (const bucket of bucketOf) starts[bucket + 1] = (starts[bucket + 1] as number) + 1
  for (let i = 1; i <= buckets; i++) starts[i] = (starts[i] as number) + (starts[i - 1] as number)
  return starts
}

/** Computes Java's String.hashCode. */
function hashCode(text: string): number {
  let hash = 0
  for (let i = 0; i < text.length; i++) hash = (Math.imul(hash, 31) + text.charCodeAt(i)) | 0
  return hash
}
