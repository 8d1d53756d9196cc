// Quality against cost: who is on the front that no other activation beats in both.
ogive.cost = (study) => {
  const { section, choice } = ogive.dom;
  const { text, format } = ogive;
  let kind = "ms_per_step";

  const kinds = {
    ms_per_step: { of: (act) => study.cost(act.id).ms_per_step, axis: "axis_step", show: (value) => `${value.toFixed(1)} ms` },
    seconds: { of: (act) => study.cost(act.id).seconds_to_target.median, axis: "axis_to_target", show: format.seconds },
    memory: { of: (act) => study.cost(act.id).peak_bytes / 2 ** 20, axis: "axis_memory", show: (value) => `${value.toFixed(0)} MiB` },
  };
  const points = () => study.shown().map((act) => ({ act, x: kinds[kind].of(act), y: act.dice.mean })).filter((point) => format.known(point.x) && format.known(point.y));
  const front = () => points().filter((one) => !points().some((other) => other.y >= one.y && other.x <= one.x && (other.y > one.y || other.x < one.x))).sort((a, b) => a.x - b.x);
  const goal = format.score(study.results.target_dice.value);

  const config = () => {
    const all = points(), style = (point) => ogive.theme.style(study, point.act.id), best = front();
    return {
      type: "scatter",
      data: { datasets: [
        { data: all, pointBackgroundColor: all.map((point) => style(point).colour), pointBorderColor: ogive.theme.variable("--card"), pointRadius: 7, pointHoverRadius: 9 },
        { type: "line", data: best.map(({ x, y }) => ({ x, y })), stepped: true, borderColor: ogive.theme.variable("--soft"), borderWidth: 1.2, borderDash: [4, 4], pointRadius: 0, pointHitRadius: 0 },
      ] },
      options: {
        layout: { padding: { right: 60 } },
        scales: {
          x: ogive.charts.axis(text(kinds[kind].axis, { target: goal }), { grace: "8%", ticks: { callback: (tick) => format.short(tick) } }),
          y: ogive.charts.axis(text("axis_dice"), { grace: "10%", ticks: { callback: (tick) => format.fixed(tick, 3) } }),
        },
        plugins: { tooltip: { callbacks: { label: ({ raw }) => (raw.act ? `${study.name(raw.act.id)}  ${format.score(raw.y)}  ${kinds[kind].show(raw.x)}` : "") } } },
      },
      plugins: [ogive.charts.labels(() => all.map((point) => study.name(point.act.id)))],
    };
  };

  const figure = ogive.charts.figure({
    id: "cost", height: "clamp(280px, 38vw, 380px)", config,
    label: () => `${text("cost")}. ${points().map((point) => `${point.act.text}: ${format.score(point.y)}, ${kinds[kind].show(point.x)}`).join("; ")}`,
  });
  const element = section("cost", text("cost"), text("cost_lead"),
    choice(text("cost"), { ms_per_step: text("cost_step"), seconds: text("cost_seconds", { target: goal }), memory: text("cost_memory") }, kind, (state) => { kind = state; figure.refresh(); }));
  element.append(figure);
  return element;
};
