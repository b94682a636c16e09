export type { AuditReport, AuditRequirement } from './audit/report.js'
export { cbor } from './codec/cbor.js'
export { json } from './codec/json.js'
export type { BoundCodec, Codec, CodecContext } from './codec/port.js'
export type { Clock } from './core/clock.js'
export type { SessionErrorCode, ValidationIssue } from './core/errors.js'
export {
  CodecError,
  MisdeployError,
  SessionConfigError,
  SessionConflictError,
  SessionDestroyedError,
  SessionError,
  SessionGoneError,
  SessionLimitError,
  SessionMigrationError,
  SessionStaleError,
  SessionValidationError,
  SeveralSessionsError,
  StoreError,
  UnreadableRecordError,
} from './core/errors.js'
export type { KeyShape } from './core/key-shape.js'
export type { Secrets } from './core/keyring.js'
export { generateSecret } from './core/keyring.js'
export type { RegisteredType, TypeForm, TypeRegistry } from './core/type-registry.js'
export { typeRegistry } from './core/type-registry.js'
export type { SessionDefinition, Subjects } from './define.js'
export { defineSession } from './define.js'
export type { AnyMigration, Migration, MigrationResult } from './schema/migrate.js'
export { migration } from './schema/migrate.js'
export type { DeepReadonly, NoFlash, SessionData, SessionSchema } from './schema/types.js'
export type { SessionInfo } from './session/admin/session-info.js'
export type {
  AdoptOptions,
  CompressOptions,
  EncryptOptions,
  SessionOptions,
  SiteData,
} from './session/definition/options.js'
export type { AuditProfile, ProfileOptions } from './session/definition/profile.js'
export type { Flash } from './session/handle/flash.js'
export { requireRecent } from './session/handle/require-recent.js'
export type { ReadonlySession, Session } from './session/handle/session.js'
export type { InvalidEvent, SessionEvent, SessionHooks } from './session/record/hooks.js'
export type { InvalidPolicy } from './session/record/records.js'
export type { SubjectId } from './session/record/subject-policy.js'
export type { FlashWith, ReadonlySessionOf, SessionOf, SessionWith } from './session/session-of.js'
export type { StoreCall } from './session/store/tracing.js'
export type { OldContents, OldRequest, OldSession, SessionReader } from './session/transport/adopt-port.js'
export type { CookieAttributes, CookieOptions, CookiePrefix } from './session/transport/cookie.js'
export type { SignIds } from './session/transport/signing.js'
export type {
  IdLifetime,
  SessionTransport,
  TransportRequest,
  TransportResponse,
} from './session/transport/transport.js'
export { headerTransport } from './session/transport/transport.js'
export { memoryStore } from './stores/memory.js'
export type {
  Collectable,
  KeyedRecord,
  Movable,
  RecordChange,
  Revision,
  Scannable,
  SessionStore,
  StoreCallOptions,
  StoredRecord,
  StoreGuarantees,
  StoreKey,
  SubjectIndex,
} from './stores/port.js'
export type { Seal, SealedCarrier, SealFor } from './stores/sealed.js'
