// Another server process of a test: `node process.mjs STORE OPTIONS JOB ...ARGUMENTS` opens a store and does one job with it.
import { counting } from './counting.mjs'
import { openStore } from './open-store.mjs'
import { serving } from './serving.mjs'
import { writing } from './writing.mjs'

const [kind, options, job, ...args] = process.argv.slice(2)
const jobs = { ...counting, ...writing, ...serving }
if (!Object.hasOwn(jobs, job)) throw new Error(`There is no job "${job}": ${Object.keys(jobs).join(', ')}`)
await jobs[job](await openStore(kind, options), ...args)
