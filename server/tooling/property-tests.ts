import fc from 'fast-check'

// A failing property is reported with the smallest case found by then, before the test's own limit
// would end it without one.
fc.configureGlobal({ interruptAfterTimeLimit: 90_000 })
