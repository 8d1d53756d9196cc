// The report of a tuning: its verdict, the finalists on fresh seeds, the course of the search, what mattered, all trials.
ogive.tuned = (report) => {
  const { make, section, table } = ogive.dom;
  const { text, format } = ogive;
  const { results } = report;
  const { verdict, finalists, trials, importance, history, places, confidence } = results;
  const number = (value) => (Number.isFinite(value) ? format.short(value) : String(value));
  const settings = (item) => Object.entries(item.settings).map(([name, value]) => (name === "act" ? value : `${name} ${number(value)}`)).join(", ");
  const label = (item) => (item.as_it_is ? [item.name, make("small", {}, ` ${text("as_it_is")}`)] : item.name);

  const verdictSection = () => {
    const element = section("verdict", text("verdict"));
    element.classList.add("verdict");
    element.dataset.kind = verdict.kind === "helped" ? "winner" : verdict.kind === "undecided" ? "undecided" : "tie";
    element.append(make("span", { class: "badge" }, text(`tuned_${verdict.kind.replaceAll(" ", "_")}`)), make("p", { class: "verdict-text" }, verdict.text));
    if (places) element.append(make("p", {}, places.text));
    element.append(make("h3", {}, text("command", { name: verdict.configuration })), make("pre", {}, make("code", {}, results.command)));
    return element;
  };

  const behind = (item) => (item.standing === "best" ? text("best")
    : [format.signed(-item.behind), make("small", {}, format.range({ low: -item.behind_high, high: -item.behind_low }))]);
  const mean = (values) => values.filter(format.known);
  const finalistsSection = () => {
    const element = section("finalists", text("finalists"), text("finalists_lead", { n: verdict.seeds, c: Number((100 * confidence).toPrecision(3)) }));
    element.append(table([
      { title: text("configuration"), head: true, key: (item) => item.name, cell: label },
      { title: text("fresh_dice"), key: (item) => item.fresh_dice, cell: (item) => format.fixed(item.fresh_dice, 4) },
      { title: text("col_dice_diff"), unit: text("dice"), key: (item) => item.behind, cell: (item) => (verdict.seeds ? behind(item) : format.none) },
      { title: text("col_p"), key: (item) => item.p, cell: (item) => format.probability(item.p) },
      { title: text("search_dice"), key: (item) => item.search_dice, cell: (item) => format.fixed(item.search_dice, 4) },
      { title: text("fresh_runs"), left: true, cell: (item) => mean(item.fresh_runs).map((dice) => dice.toFixed(3)).join(" ") || format.none },
      { title: text("own_settings"), left: true, cell: settings },
    ], finalists, text("finalists")));
    return element;
  };

  const colours = () => ({ complete: ogive.theme.variable("--accent"), pruned: ogive.theme.variable("--soft") });
  const historySection = () => {
    const points = (state) => trials.flatMap((trial, index) => (trial.state === state && format.known(trial.dice) ? [{ x: index, y: trial.dice }] : []));
    const config = () => ({
      type: "scatter",
      data: {
        datasets: [
          { label: text("state_complete"), data: points("complete"), pointBackgroundColor: colours().complete, pointRadius: 5 },
          { label: text("state_pruned"), data: points("pruned"), pointBorderColor: colours().pruned, pointStyle: "crossRot", pointRadius: 5, pointBorderWidth: 2 },
          { label: text("best_so_far"), type: "line", stepped: "before", pointRadius: 0, borderWidth: 2, borderColor: ogive.theme.variable("--ink"),
            data: history.flatMap((dice, index) => (format.known(dice) ? [{ x: index, y: dice }] : [])) },
        ],
      },
      options: {
        scales: { x: { ...ogive.charts.axis(text("trial_axis")), type: "linear", min: -0.5, max: trials.length - 0.5 }, y: ogive.charts.axis(text("dice")) },
        plugins: {
          legend: { display: true, labels: { color: ogive.theme.variable("--ink"), usePointStyle: true } },
          tooltip: { callbacks: { label: (item) => `${trials[item.parsed.x].name}: ${format.fixed(item.parsed.y, 4)}  ${settings(trials[item.parsed.x])}` } },
        },
      },
    });
    const element = section("history", text("history"), text("history_lead"));
    element.append(ogive.charts.figure({ id: "history", height: 320, config, label: () => text("history") }));
    return element;
  };

  const importanceSection = () => {
    if (importance.length === 0) return null;
    const shown = importance.slice(0, 12);
    const config = () => ({
      type: "bar",
      data: { labels: shown.map((item) => item.name), datasets: [{ data: shown.map((item) => 100 * item.share), backgroundColor: ogive.theme.variable("--accent"), barThickness: 14 }] },
      options: {
        indexAxis: "y",
        scales: { x: ogive.charts.axis(text("importance_axis"), { min: 0 }), y: { ...ogive.charts.axis(""), ticks: { color: ogive.theme.variable("--ink") } } },
        plugins: { tooltip: { callbacks: { label: (item) => `${item.parsed.x.toFixed(0)} %` } } },
      },
    });
    const element = section("importance", text("importance"), text("importance_lead"));
    element.append(ogive.charts.figure({ id: "importance", height: 70 + 28 * shown.length, config, label: () => shown.map((item) => `${item.name} ${format.percent(item.share)}`).join("; ") }));
    return element;
  };

  const trialsSection = () => {
    const element = section("trials", text("trials"), text("trials_lead", { n: trials.length, seeds: trials[0].runs.length }));
    const ranked = [...trials].sort((a, b) => Number(b.state === "complete") - Number(a.state === "complete") || (b.dice ?? -1) - (a.dice ?? -1));
    element.append(table([
      { title: text("configuration"), head: true, key: (item) => item.name, cell: label },
      { title: text("col_dice"), key: (item) => item.dice, cell: (item) => format.fixed(item.dice, 4) },
      { title: text("state"), left: true, key: (item) => item.state, cell: (item) => text(`state_${item.state}`) + (item.error ? `: ${item.error}` : "") },
      { title: text("own_settings"), left: true, key: (item) => item.settings.act, cell: settings },
    ], ranked, text("trials")));
    return element;
  };

  const { question } = results;
  const { data, train } = question;
  document.querySelector("[data-text=kicker]").textContent = text("tuned_kicker");
  document.title = `ogive: ${data.name}`;
  document.getElementById("question").textContent = text("tuned_question", { data: data.name });
  const facts = [text("fact_acts", { n: question.acts.length }), text("fact_configurations", { n: trials.length }), text("fact_vary", { what: question.tune.vary }),
    text("fact_classes", { n: data.classes.length }), text("fact_images", { train: data.train_images, validation: data.validation_images }),
    text("fact_net", train), text("fact_epochs", { n: train.epochs })];
  document.getElementById("facts").replaceChildren(...facts.map((fact) => make("li", {}, fact)));
  document.getElementById("colophon").textContent = text("colophon", { version: report.ogive });
  document.querySelector(".legend-bar").remove();
  return [verdictSection(), finalistsSection(), historySection(), importanceSection(), trialsSection()].filter(Boolean);
};
