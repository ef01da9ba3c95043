import { createSluiceClient } from '@sluice/client'

/** Calls with the console's cookie; the API key itself is never kept in the page. */
export const sluice = createSluiceClient()
