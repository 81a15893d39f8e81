/**
 * Puts strings in the order in which a Java HashMap hands them out. Where Kafka deals out what does not divide evenly,
 * this order decides which member gets it.
 */
export function inHashOrder(texts: Iterable<string>): string[] {
  const all = [...texts]
  let buckets = 16
  while (all.length > buckets * 0.75) buckets *= 2
  const bucketOf = (text: string): number => {
    const hash = hashCode(text)
    return (hash ^ (hash >>> 16)) & (buckets - 1)
  }
  return all.sort((a, b) => bucketOf(a) - bucketOf(b))
}

/** Computes Java's String.hashCode. */
function hashCode(text: string): number {
  let hash = 0
  for (let i = 0; i < text.length; i++) hash = (Math.imul(hash, 31) + text.charCodeAt(i)) | 0
  return hash
}
