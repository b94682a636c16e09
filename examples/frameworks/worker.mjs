// A Worker: wrangler.toml needs `compatibility_flags = ["nodejs_compat"]`.
import { handler } from './handler.mjs'

export default { fetch: handler }
