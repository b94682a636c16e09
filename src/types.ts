export { type RegisteredType, type TypeForm, type TypeRegistry, typeRegistry } from './core/type-registry.js'
