/// All properties, in the order of the table.
let checks: [Check] = [
  Check(
    name: "kernels", property: "every kernel gives the portable path's bits on every instruction set, and the recorded ones",
    run: conformance),
  Check(
    name: "tests", property: "kernels, elementary functions, orders of sums and control word pass their tests and probes",
    isLong: true, run: kernelTests),
  Check(name: "elementary", property: "exp, log, cos and powers are as near as stated", run: elementaryErrors),
  Check(
    name: "runs", property: "a run's trace is the same with any threads, instruction set and --jobs, and the recorded one",
    run: reducedRuns),
  Check(name: "sizes", property: "the same at full size", isLong: true, run: fullSizeRuns),
  Check(name: "builds", property: "debug and release builds leave the same traces", isLong: true, run: builds),
  Check(name: "records", property: "the order of records in the dataset's files changes nothing", run: shuffledRecords),
  Check(
    name: "kills", property: "killed by SIGKILL at random moments and resumed elsewhere, a run leaves the same trace",
    run: killedRuns),
]
