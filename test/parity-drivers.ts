/** One trace through both clocks: what was decided, and when. */
import { startEmulator } from '../src/emulate/index.ts'
