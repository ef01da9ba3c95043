import type { JsonObject } from '@sluice/connector-specs'
import type { ValidateBinding } from './requests.ts'

/** Documents that a destination is to be given, as a file has them. */
export interface Fixture {
  /** The task's name. */
  name: string
  config: JsonObject
  bindings: ValidateBinding[]
  /** The state that the destination goes on from. */
  state: JsonObject
  transactions: FixtureTransaction[]
}

export interface FixtureTransaction {
  documents: FixtureDocument[]
  /** False for the last one, where the file ends within it. */
  committed: boolean
}

export interface FixtureDocument {
  /** The index of the binding that takes it. */
  binding: number
  document: JsonObject
  /** Whether the destination has a document of this key; absent: when an earlier transaction had one. */
  exists?: boolean
}
