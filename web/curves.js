// Learning curves: a bold mean with the band of its interval, and thin single runs for each activation.
ogive.curves = (study) => {
  const { section, choice } = ogive.dom;
  const { text, format } = ogive;
  const state = { x: "epoch", y: "dice", part: "whole" };

  // Points of one run that have both coordinates.
  const points = (run) => run.curve.map((row, i) => ({
    epoch: row.epoch, x: state.x === "epoch" ? row.epoch : study.runCost(run).curve_s[i], y: row[state.y],
  })).filter((point) => format.known(point.x) && format.known(point.y));

  // Mean over the runs at the epochs that all of them have.
  const meanPoints = (lines) => {
    const epochs = new Map();
    for (const point of lines.flat()) epochs.set(point.epoch, [...(epochs.get(point.epoch) || []), point]);
    return [...epochs.entries()].filter(([, row]) => row.length === lines.length).sort((a, b) => a[0] - b[0])
      .map(([epoch, row]) => ({ epoch, x: study.mean(row.map((point) => point.x)), y: study.mean(row.map((point) => point.y)), half: halfWidth(row.map((point) => point.y)) }));
  };

  // Student's interval of a mean, as far as all runs of the study are in it.
  const { t } = study.results.statistics;
  const halfWidth = (values) => {
    const middle = study.mean(values);
    const square = values.reduce((sum, value) => sum + (value - middle) ** 2, 0) / (values.length - 1);
    return format.known(t) && values.length === study.blocks.length ? t * Math.sqrt(square / values.length) : null;
  };

  // The band about a mean as two lines with a filling.
  const band = (means, colour) => {
    const edge = (sign) => means.filter((point) => format.known(point.half)).map((point) => ({ epoch: point.epoch, x: point.x, y: point.y + sign * point.half }));
    const base = { borderWidth: 0, pointRadius: 0, pointHitRadius: 0, order: 3, backgroundColor: ogive.theme.faded(colour, 0.13) };
    return [{ ...base, data: edge(-1), fill: false }, { ...base, data: edge(1), fill: "-1" }];
  };

  const sets = () => study.shown().flatMap((act) => {
    const style = ogive.theme.style(study, act.id);
    const lines = study.runs(act.id).map(points);
    const finished = study.runs(act.id).filter((run) => run.status === "finished").map(points);
    const base = { borderColor: style.colour, borderDash: style.dash, pointRadius: 0, pointHitRadius: 0 };
    const means = meanPoints(finished);
    return [
      ...band(means, style.colour),
      ...lines.map((data) => ({ ...base, data, borderWidth: 0.9, borderColor: ogive.theme.faded(style.colour, 0.38), order: 2 })),
      { ...base, label: study.name(act.id), data: means, borderWidth: 2.4, pointHitRadius: 8, order: 1, backgroundColor: style.colour },
    ];
  });

  const config = () => {
    const datasets = sets();
    const x = ogive.charts.axis(text(state.x === "epoch" ? "axis_epoch" : "axis_seconds"), { type: "linear" });
    const { epochs } = study.results.question.train;
    if (state.part === "last") for (const set of datasets) set.data = set.data.filter((point) => point.epoch >= epochs * 2 / 3);
    if (state.x === "epoch") Object.assign(x, { min: state.part === "last" ? Math.floor(epochs * 2 / 3) : 0, max: epochs });
    return {
      type: "line", data: { datasets },
      options: {
        parsing: false, interaction: { mode: "nearest", intersect: true },
        scales: { x, y: ogive.charts.axis(text(state.y === "dice" ? "axis_dice" : "axis_loss")) },
        plugins: { tooltip: { callbacks: {
          title: (items) => `${text("axis_epoch")} ${items[0].raw.epoch}`,
          label: (item) => `${item.dataset.label}  ${format.score(item.raw.y)}`,
        } } },
      },
    };
  };

  const figure = ogive.charts.figure({
    id: "curves", height: "clamp(300px, 46vw, 460px)", config,
    label: () => `${text("curves")}. ${study.ranked().map((act) => `${act.text}: ${format.score(act.dice.mean)}`).join("; ")}`,
  });
  const switchTo = (key) => (value) => { state[key] = value; figure.refresh(); };
  const element = section("curves", text("curves"), text("curves_lead"),
    choice(text("curves"), { dice: text("dice"), loss: text("loss") }, "dice", switchTo("y")),
    choice(text("axis_epoch"), { epoch: text("by_epoch"), time: text("by_time") }, "epoch", switchTo("x")),
    choice(text("whole_run"), { whole: text("whole_run"), last: text("last_part") }, "whole", switchTo("part")));
  element.append(figure);
  return element;
};
