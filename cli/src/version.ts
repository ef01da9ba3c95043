/** Of the command; `sluice --version` prints it. */
export const VERSION = '0.1.0'
