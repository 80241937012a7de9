import { Compile } from 'typebox/schema'
import type { ColumnSpec } from '../tables/index.ts'
import type { EventManifest } from './event-definition.ts'

/** What is wrong with an event's properties. */
export interface Violation {
  /** The JSON Schema keyword that was broken. */
  readonly keyword: string
  /** JSON pointer into the properties. */
  readonly pointer: string
  readonly message: string
}

/** A declared event, ready to check others against. */
export interface EventContract {
  readonly manifest: EventManifest
  /** Columns of its properties. */
  readonly columns: ReadonlyMap<string, ColumnSpec>
  /** Why its table cannot be used, when it cannot. */
  readonly unusable: string | undefined
  /** The first thing that is wrong, or undefined. */
  check(properties: unknown): Violation | undefined
}

/** The declared events of all apps. */
export interface CompiledPlan {
  find(type: string, name: string): EventContract | undefined
}

interface SchemaError {
  readonly keyword: string
  readonly instancePath: string
  readonly params: object
  readonly message: string
}

/**
 * Compiles the contracts of a plan; of two that claim one event the first holds.
 * @param unusable Why tables cannot be used, by their names.
 */
export function compilePlan(
  manifests: readonly EventManifest[],
  unusable: ReadonlyMap<string, string> = new Map(),
): CompiledPlan {
  const contracts = new Map<string, EventContract>()
  for (const manifest of manifests) {
    const key = contractKey(manifest.type, manifest.name)
    if (!contracts.has(key)) contracts.set(key, compileContract(manifest, unusable.get(manifest.table.name)))
  }
  return { find: (type, name) => contracts.get(contractKey(type, name)) }
}

function contractKey(type: string, name: string): string {
  return type === 'track' ? `track:${name}` : type
}

function compileContract(manifest: EventManifest, unusable: string | undefined): EventContract {
  const validator = Compile(manifest.schema)
  const declared = Object.keys((manifest.schema['properties'] ?? {}) as object)
  return {
    manifest,
    unusable,
    columns: new Map(declared.map((name) => [name, manifest.table.spec.columns[name] as ColumnSpec])),
    check(properties) {
      if (validator.Check(properties)) return undefined
      const [, errors] = validator.Errors(properties)
      return describeViolation(errors as readonly SchemaError[], properties)
    },
  }
}

function describeViolation(errors: readonly SchemaError[], properties: unknown): Violation {
  const first = errors[0]!
  // A union reports every alternative first, then itself; a closed object every stranger first.
  const whole = errors.find(
    ({ keyword, instancePath }) =>
      (keyword === 'anyOf' && first.instancePath.startsWith(instancePath)) ||
      (keyword === 'additionalProperties' && first.keyword === 'boolean'),
  )
  const { keyword, instancePath, params, message } = whole ?? first
  const at = (names: readonly string[]): string =>
    `${instancePath}/${names[0]!.replaceAll('~', '~0').replaceAll('/', '~1')}`
  switch (keyword) {
    case 'required': {
      const pointer = at((params as { requiredProperties: string[] }).requiredProperties)
      return { keyword, pointer, message: `'${pointer}' is missing.` }
    }
    case 'additionalProperties': {
      const pointer = at((params as { additionalProperties: string[] }).additionalProperties)
      return { keyword, pointer, message: `'${pointer}' is not declared.` }
    }
    case 'enum': {
      const { allowedValues } = params as { allowedValues: unknown[] }
      return wrong('enum', `must be one of ${allowedValues.map((value) => JSON.stringify(value)).join(', ')}`)
    }
    case 'anyOf': {
      const alternatives = errors.filter((error) => error !== whole && error.instancePath === instancePath)
      const literals = alternatives.filter((error) => error.keyword === 'const')
      return literals.length > 0 && literals.length === alternatives.length
        ? wrong(
            'enum',
            `must be one of ${literals.map(({ params: each }) => JSON.stringify((each as { allowedValue: unknown }).allowedValue)).join(', ')}`,
          )
        : wrong('anyOf', alternatives.map((error) => error.message).join(' or ') || message)
    }
    default:
      return wrong(keyword, message)
  }

  function wrong(code: string, rule: string): Violation {
    const what = instancePath === '' ? 'The properties' : `'${instancePath}'`
    const found = (JSON.stringify(valueAt(properties, instancePath)) ?? 'undefined').slice(0, 100)
    return { keyword: code, pointer: instancePath, message: `${what} ${rule}, but is ${found}.` }
  }
}

function valueAt(root: unknown, pointer: string): unknown {
  return pointer
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
    .reduce<unknown>((value, part) => (value as Record<string, unknown> | undefined)?.[part], root)
}
