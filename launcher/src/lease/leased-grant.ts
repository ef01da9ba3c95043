import type { JsonObject, Secret } from '@sluice/connector-specs'

/** A grant as a run holds it. */
export interface LeasedGrant {
  access_token: Secret<string>
  /** Null when the provider states no lifetime. */
  expires_at: Date | null
  /** What the response map made of the token response: values by the names that the map gives them. */
  credentials: Secret<JsonObject>
}
