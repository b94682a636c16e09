import { installSessions } from 'zession/h3'

export default (nitroApp) => {
  installSessions(nitroApp)
}
