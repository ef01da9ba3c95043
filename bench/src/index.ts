export { type Measurement, mergeResults, type Result } from './result.ts'
