export type {
  DefinitionIn,
  ExposedBy,
  FlashBy,
  GuardFor,
  SessionStatus,
  SessionView,
  WritableBy,
} from './file-types.js'
export type { SessionGuard } from './guards.js'
export type { ModuleOptions } from './module.js'
export { zessionModule as default } from './module.js'
export type { UseServerReadonlySession, UseServerSession } from './server-types.js'
