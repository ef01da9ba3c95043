// Preloaded by test processes. A signal's default action skips what runs at exit: ending the processes that tests began.
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(130))
