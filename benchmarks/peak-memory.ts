/** Preloaded (`node --import`): writes the peak memory of the process, bytes, to the file named by PEAK_MEMORY_FILE. */
import { writeFileSync } from 'node:fs'
import process from 'node:process'

const file = process.env.PEAK_MEMORY_FILE
if (file !== undefined)
  process.on('exit', () => {
    // maxRSS is in kilobytes on Linux and macOS under Node.
    writeFileSync(file, String(process.resourceUsage().maxRSS * 1024))
  })
