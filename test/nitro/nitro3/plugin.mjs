import { installSessions } from 'zession/h3'

export default (nitroApp) => {
  installSessions(process.env.INSTALL_ON === 'h3' ? nitroApp.h3 : nitroApp)
}
