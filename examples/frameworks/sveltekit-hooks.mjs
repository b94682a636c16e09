// SvelteKit, src/hooks.server.js; in `load`, actions and endpoints: useSession(event.request, appSession)
import { withSessions } from 'zession/web'

const run = withSessions((_request, event, resolve) => resolve(event))

export const handle = ({ event, resolve }) => run(event.request, event, resolve)
