export { useFlash } from './use-flash.js'
export { useSession } from './use-session.js'
