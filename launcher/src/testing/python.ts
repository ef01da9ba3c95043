import { spawnSync } from 'node:child_process'

/** For tests that start Python programs: false where python3 is there, else the reason to skip. */
export const withoutPython: false | string =
  spawnSync('python3', ['-c', 'import sqlite3']).status === 0 ? false : 'there is no python3 with sqlite3 here'
