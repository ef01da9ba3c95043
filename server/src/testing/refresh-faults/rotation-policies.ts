// What providers do with refresh tokens, as the lab plays it and as its connector declares it.
import type { LabOptions } from '@sluice/lab'

export interface RotationPolicy {
  name: string
  lab: Pick<LabOptions, 'rotation' | 'reuse' | 'grace_seconds'>
  /** Whether tokens that the provider issued and nobody stored are gone for good. */
  loses_what_is_lost: boolean
  /** Whether showing a spent refresh token ends an access token that still works. */
  waits_in_doubt?: boolean
}

export const rotationPolicies: RotationPolicy[] = [
  { name: 'never', lab: { rotation: 'never' }, loses_what_is_lost: false },
  { name: 'always', lab: { rotation: 'always', reuse: 'refused' }, loses_what_is_lost: true },
  {
    name: 'always with grace',
    lab: { rotation: 'always', reuse: 'revokes_grant', grace_seconds: 60 },
    loses_what_is_lost: false,
  },
  {
    name: 'family revoked',
    lab: { rotation: 'always', reuse: 'revokes_grant' },
    loses_what_is_lost: true,
    waits_in_doubt: true,
  },
]
