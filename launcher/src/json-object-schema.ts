import { isJsonObject, type JsonObject } from '@sluice/connector-specs'
import { z } from 'zod'

export const jsonObjectSchema = z.custom<JsonObject>(isJsonObject, 'must be an object')
