const word = new DataView(new ArrayBuffer(8))

/** Reads what `readBigInt64BE` reads, in half the time: that one makes three numbers of arbitrary size on its way. */
export function readInt64(bytes: Buffer, position: number): bigint {
  word.setInt32(0, bytes.readInt32BE(position))
  word.setInt32(4, bytes.readInt32BE(position + 4))
  return word.getBigInt64(0)
}

/** Writes what `writeBigInt64BE` writes, in less time for the same reason. */
export function writeInt64(bytes: Buffer, value: bigint, position: number): void {
  word.setBigInt64(0, value)
  bytes.writeInt32BE(word.getInt32(0), position)
  bytes.writeInt32BE(word.getInt32(4), position + 4)
}
