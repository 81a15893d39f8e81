import fs from 'node:fs'

/** Loaded into a broker that is measured: a disk that takes 10 ms longer for each sync. */
const delayMs = 10

const { fdatasync } = fs
fs.fdatasync = (descriptor, done) => {
  setTimeout(() => fdatasync(descriptor, done), delayMs)
}
