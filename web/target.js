// How long every run took to reach the target Dice; runs that never did are shown where they ended.
ogive.target = (study) => {
  const { section, choice } = ogive.dom;
  const { text, format } = ogive;
  const goal = study.results.target_dice;
  let unit = "seconds";

  const reached = (run) => (unit === "seconds" ? study.runCost(run).seconds_to_target : run.epochs_to_target);
  const end = (run) => (unit === "seconds" ? study.runCost(run).train_s : run.curve.length ? run.curve[run.curve.length - 1].epoch : null);
  const median = (act) => (unit === "seconds" ? study.cost(act.id).seconds_to_target.median : act.epochs_to_target.median);
  const amount = (value) => (unit === "seconds" ? format.seconds(value) : `${value} ${text("axis_epoch")}`);

  const config = () => {
    const order = (act) => (format.known(median(act)) ? median(act) : Infinity);
    const acts = study.shown().sort((a, b) => order(a) - order(b) || b.dice.mean - a.dice.mean);
    const style = (act) => ogive.theme.style(study, act.id);
    const rows = acts.flatMap((act) => study.runs(act.id).map((run) => ({ act, run })));
    const done = rows.filter(({ run }) => format.known(reached(run)));
    const censored = rows.filter(({ run }) => !format.known(reached(run)) && format.known(end(run)));
    const medians = acts.filter((act) => format.known(median(act)));
    return {
      type: "scatter",
      data: {
        labels: acts.map((act) => study.name(act.id)),
        datasets: [
          { data: done.map(({ act, run }) => ({ x: reached(run), y: study.name(act.id), run })), pointBackgroundColor: done.map(({ act }) => style(act).colour),
            pointBorderColor: ogive.theme.variable("--card"), pointRadius: 5.5, pointHoverRadius: 7 },
          { data: censored.map(({ act, run }) => ({ x: end(run), y: study.name(act.id), run, censored: true })), pointStyle: "triangle", pointRotation: 90, pointRadius: 7,
            pointHoverRadius: 8, pointBackgroundColor: "transparent", pointBorderWidth: 2, pointBorderColor: censored.map(({ act }) => style(act).colour) },
          { data: medians.map((act) => ({ x: median(act), y: study.name(act.id) })), pointStyle: "line", pointRotation: 90, pointRadius: 13, pointHoverRadius: 13,
            pointBorderWidth: 3, pointBorderColor: medians.map((act) => style(act).colour) },
        ],
      },
      options: {
        scales: {
          x: ogive.charts.axis(text(unit === "seconds" ? "axis_seconds" : "axis_epoch"), { type: "linear", beginAtZero: true, grace: "4%" }),
          y: ogive.charts.axis("", { type: "category", labels: acts.map((act) => study.name(act.id)), offset: true, ticks: { color: ogive.theme.variable("--ink") } }),
        },
        plugins: { tooltip: { callbacks: { label: ({ raw }) => {
          const seed = raw.run ? `, ${text("col_seed")} ${raw.run.seed}` : "";
          return raw.censored ? `${raw.y}${seed}: ${text("never")}` : `${raw.y}${seed}: ${amount(raw.x)}`;
        } } } },
      },
    };
  };

  const figure = ogive.charts.figure({
    id: "target", height: Math.max(220, 80 + 34 * study.acts.length), config,
    label: () => `${text("target")}. ${study.acts.map((act) => `${act.text}: ${format.known(median(act)) ? amount(median(act)) : text("never")}`).join("; ")}`,
  });
  const origin = text(goal.automatic ? "target_automatic" : "target_given");
  const element = section("target", text("target"), text("target_lead", { target: format.score(goal.value), origin }),
    choice(text("target"), { seconds: text("seconds"), epochs: text("epochs") }, unit, (state) => { unit = state; figure.refresh(); }));
  element.append(figure);
  return element;
};
