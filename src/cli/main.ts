/** Entry of the command line. Compiled code is cached between runs (in the system's temporary folder), which halves the start-up. */
import { enableCompileCache } from 'node:module'

enableCompileCache()
const { runProgram } = await import('./program.ts')
process.exitCode = await runProgram(process.argv.slice(2))
