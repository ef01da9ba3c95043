import { isJsonObject } from '@sluice/connector-specs'
import type { JsonObject } from '@sluice/oauth'
import { z } from 'zod'

/** An object within a sealed value. It was parsed as JSON when it was opened, so its members are JSON: none is looked at again. */
export const openedObject = z.custom<JsonObject>(isJsonObject, 'expected an object')
