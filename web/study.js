// The report as the sections ask for it (docs/report.md describes the document).
ogive.study = (report) => {
  const { results, timing } = report;
  const acts = results.acts;
  const runKey = (run) => `${run.act} ${run.seed} ${run.fold ?? ""}`;
  const byId = new Map(acts.map((act) => [act.id, act]));
  const costs = new Map(timing.acts.map((act) => [act.id, act]));
  const runCosts = new Map(timing.runs.map((run) => [runKey(run), run]));
  const hidden = new Set();
  const { blocks, folds } = results;
  const best = byId.get(results.verdict.best);

  // Long formulas are shortened where they serve as names; shortened names stay different.
  const labels = new Map();
  for (const act of acts) {
    const short = act.text.length > 20 ? `${act.text.slice(0, 17)}…` : act.text;
    const taken = [...labels.values()];
    let label = short;
    for (let i = 2; taken.includes(label); i++) label = `${short} ${i}`;
    labels.set(act.id, label);
  }

  return {
    report, results, timing, acts, best, blocks, folds,
    // What a block is called, and what several are.
    blockName: (block) => ogive.text(folds ? "block_fold" : "block_seed", { seed: block.seed, fold: block.fold }),
    blockWord: ogive.text(folds ? "blocks_fold" : "blocks_seed"),
    confidence: Number((100 * results.confidence).toPrecision(3)),
    name: (id) => labels.get(id),
    fullName: (id) => byId.get(id).text,
    cost: (id) => costs.get(id),
    runCost: (run) => runCosts.get(runKey(run)),
    runs: (id) => results.runs.filter((run) => run.act === id),
    // Activations from the highest mean Dice to the lowest.
    ranked: () => [...acts].sort((a, b) => b.dice.mean - a.dice.mean),
    isShown: (id) => !hidden.has(id),
    shown: () => acts.filter((act) => !hidden.has(act.id)),
    show: (id, on) => (on ? hidden.delete(id) : hidden.add(id)),
    mean: (values) => values.reduce((sum, value) => sum + value, 0) / values.length,
  };
};
