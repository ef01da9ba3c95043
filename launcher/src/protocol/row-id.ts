/** The key of documents whose stream has none of its own: the number of the record. */
export const ROW_ID_POINTER = '/_meta/row_id'
