// Every run as a dot, joined by seed; below, every run in numbers.
ogive.runs = (study) => {
  const { make, section, choice, act: named, table } = ogive.dom;
  const { text, format } = ogive;
  const { runs, verdict } = study.results;
  const { blocks } = study;
  let shown = "scores";

  const failed = (run) => run.status === "failed";
  const find = (act, block) => runs.find((run) => run.act === act.id && run.seed === block.seed && run.fold === block.fold);
  const value = (act, block) => {
    const run = find(act, block), best = find(study.best, block);
    if (failed(run) || (shown === "differences" && failed(best))) return null;
    return shown === "scores" ? run.dice : run.dice - best.dice;
  };
  const meanValue = (act) => (shown === "scores" ? act.dice.mean : act.difference.dice.mean);

  const config = () => {
    const acts = study.ranked().filter((act) => study.isShown(act.id));
    const styles = acts.map((act) => ogive.theme.style(study, act.id));
    const soft = ogive.theme.faded(ogive.theme.variable("--soft"), 0.45);
    const byBlock = blocks.map((block) => ({
      label: study.blockName(block), data: acts.map((act) => value(act, block)), spanGaps: true, borderColor: soft, borderWidth: 1,
      pointBackgroundColor: styles.map((style) => style.colour), pointBorderColor: ogive.theme.variable("--card"), pointRadius: 5.5, pointHoverRadius: 7, order: 1,
    }));
    const means = {
      label: "mean", data: acts.map((act) => (act.failures < blocks.length ? meanValue(act) : null)), showLine: false, pointStyle: "line", pointRadius: 17,
      pointHoverRadius: 17, pointBorderWidth: 3, borderColor: styles.map((style) => style.colour), pointBorderColor: styles.map((style) => style.colour), order: 2,
    };
    // A failed run has no score to be drawn at: it stands as a cross on the axis.
    const everything = [...byBlock, means].flatMap((set) => set.data).filter(format.known);
    const low = Math.min(...everything), high = Math.max(...everything);
    const floor = low - 0.12 * (high - low || 0.1);
    const crosses = {
      label: text("failed"), data: acts.map((act) => (act.failures > 0 ? floor : null)), showLine: false, pointStyle: "crossRot", pointRadius: 8,
      pointBorderWidth: 2.5, pointBorderColor: ogive.theme.variable("--bad"), order: 0,
    };
    const anyFailed = acts.some((act) => act.failures > 0);
    return {
      type: "line",
      data: { labels: acts.map((act) => study.name(act.id)), datasets: anyFailed ? [...byBlock, means, crosses] : [...byBlock, means] },
      options: {
        interaction: { mode: "nearest", intersect: true },
        scales: {
          x: ogive.charts.axis("", { offset: true, ticks: { color: ogive.theme.variable("--ink"), maxRotation: 60 } }),
          y: ogive.charts.axis(shown === "scores" ? text("axis_dice") : text("lead_axis", { best: study.name(study.best.id) }),
            { grace: "6%", ticks: { callback: (tick) => format.fixed(tick, 3) } }),
        },
        plugins: { tooltip: { callbacks: {
          label: (item) => item.dataset === crosses ? `${acts[item.dataIndex].failures} ${text("failed")}`
            : `${item.dataset.label}  ${shown === "scores" ? format.score(item.raw) : format.signed(item.raw)}`,
        } } },
      },
    };
  };

  const figure = ogive.charts.figure({
    id: "runs", height: "clamp(280px, 40vw, 400px)", config,
    label: () => `${text("runs")}. ${study.ranked().map((act) => `${act.text}: ${study.runs(act.id).map((run) => (failed(run) ? text("failed") : format.score(run.dice))).join(", ")}`).join("; ")}`,
  });

  const cost = (run) => study.runCost(run);
  const columns = [
    { title: text("col_act"), head: true, key: (run) => study.name(run.act), cell: (run) => named(study, run.act) },
    { title: text("col_seed"), key: (run) => run.seed, cell: (run) => String(run.seed) },
    ...(study.folds ? [{ title: text("col_fold"), key: (run) => run.fold, cell: (run) => String(run.fold) }] : []),
    { title: text("col_state"), left: true, key: (run) => run.status,
      cell: (run) => (failed(run) ? make("span", { class: "bad" }, text("failed_run", { error: run.error || "" })) : text("finished")) },
    { title: text("col_dice"), key: (run) => run.dice, cell: (run) => format.score(run.dice) },
    { title: text("col_iou"), key: (run) => run.iou, cell: (run) => format.score(run.iou) },
    { title: text("epochs"), unit: text("col_epochs", { target: format.score(study.results.target_dice.value) }), key: (run) => run.epochs_to_target,
      cell: (run) => (format.known(run.epochs_to_target) ? String(run.epochs_to_target) : text("never")) },
    { title: text("col_step"), unit: text("col_step_unit"), key: (run) => cost(run).ms_per_step, cell: (run) => format.fixed(cost(run).ms_per_step, 1) },
    { title: text("col_memory"), unit: text("col_memory_unit"), key: (run) => cost(run).peak_bytes, cell: (run) => format.mebibytes(cost(run).peak_bytes) },
    { title: text("seconds"), unit: text("axis_seconds"), key: (run) => cost(run).train_s, cell: (run) => format.fixed(cost(run).train_s, 1) },
  ];

  const element = section("runs", text("runs"), text("runs_lead"),
    choice(text("runs"), { scores: text("scores"), differences: text("differences", { best: study.name(verdict.best) }) }, shown, (state) => { shown = state; figure.refresh(); }));
  element.append(figure, make("details", {}, make("summary", {}, text("runs_table")), table(columns, runs, text("runs_table"))));
  return element;
};
