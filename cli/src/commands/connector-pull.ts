import { defineCommand, operand } from '../command.ts'
import { reportOptions } from '../output/output-options.ts'

export const connectorPull = defineCommand({
  path: ['connector', 'pull'],
  summary: 'take a connector of another repository into this one, or merge what is new there',
  description: `Makes a merge commit that brings the upstream directory to a path of this repository, and records in its trailers
the remote, the commit, both paths, the licence and where its text lies. Run again later with a newer ref, it
merges upstream's changes with yours.

First make sure that the licence allows what you intend.`,
  options: {
    remote: operand('<remote>', 'the name of a remote, or an address that git can fetch from'),
    ref: operand('<ref>', 'a branch, tag or commit of it'),
    upstreamPath: operand('<upstream-path>', 'the directory of the connector there'),
    path: operand('<path>', 'where it comes to lie here'),
    license: operand('<spdx>', 'the SPDX identifier of its licence, such as MIT'),
    licensePath: operand('<license-path>', 'the file of the licence there'),
    ...reportOptions,
  },
  examples: [
    'connector pull https://github.com/big/data.git main connectors/source-big ./source-big MIT LICENSE',
    'connector pull bigdata v2.1 connectors/source-big ./source-big Apache-2.0 connectors/source-big/LICENSE',
  ],
  async run(options, terminal) {
    const { pullUpstream } = await import('../upstream/pull-upstream.ts')
    await pullUpstream(options, terminal)
  },
})
